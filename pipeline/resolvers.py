"""How a run finds the previous data: its examples and their statistics."""

from typing import Any

from tfx import v1 as tfx
from tfx.types import artifact
from tfx.types import standard_artifacts

_CANDIDATES = ('candidate', 'candidate_examples')
_Artifacts = dict[str, list[artifact.Artifact]]


class LatestOtherArtifact(tfx.dsl.experimental.LatestArtifactStrategy):
  """Resolves the latest artifact of each type other than this run's own."""

  def resolve_artifacts(self, store: Any, input_dict: _Artifacts) -> _Artifacts:
    """Resolve each input to its latest artifact.

    Args:
      store: the ML Metadata store.
      input_dict: artifacts by input; `candidate` and `candidate_examples` are this run's own, the other inputs hold
        all artifacts of these types.

    Returns:
      For each input a list of the latest artifact that is not the candidate, empty if there is none.
    """
    own = {key: artifacts for key, artifacts in input_dict.items() if key in _CANDIDATES}
    own_ids = {artifact.id for artifacts in own.values() for artifact in artifacts}
    others = {
        key: [artifact for artifact in artifacts if artifact.id not in own_ids]
        for key, artifacts in input_dict.items() if key not in own}
    latest = super().resolve_artifacts(store, others) or {key: [] for key in others}
    return {**latest, **own}


def previous_data(statistics: tfx.dsl.Channel, examples: tfx.dsl.Channel) -> tfx.dsl.Resolver:
  """Build the resolver with the outputs `previous` and `examples`: statistics and examples of the previous data.

  Args:
    statistics: this run's statistics.
    examples: this run's raw examples.
  """
  return tfx.dsl.Resolver(
      strategy_class=LatestOtherArtifact, previous=tfx.dsl.Channel(type=standard_artifacts.ExampleStatistics),
      # Transform's outputs are of this type, too.
      examples=tfx.dsl.Channel(type=standard_artifacts.Examples, producer_component_id='ImdbExampleGen'),
      **dict(zip(_CANDIDATES, (statistics, examples)))).with_id('PreviousStatistics')
