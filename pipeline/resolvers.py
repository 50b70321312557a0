"""How a run finds the statistics of the previous data."""

from typing import Any

from tfx import v1 as tfx
from tfx.types import artifact
from tfx.types import standard_artifacts

CANDIDATE = 'candidate'
_Artifacts = dict[str, list[artifact.Artifact]]


class LatestOtherArtifact(tfx.dsl.experimental.LatestArtifactStrategy):
  """Resolves the latest artifact of a type other than the candidate itself."""

  def resolve_artifacts(self, store: Any, input_dict: _Artifacts) -> _Artifacts:
    """Resolve each input to its latest artifact.

    Args:
      store: the ML Metadata store.
      input_dict: artifacts by input; `candidate` is this run's own, the other inputs hold all artifacts of its type.

    Returns:
      For each input a list of the latest artifact that is not the candidate, empty if there is none.
    """
    candidate_ids = {artifact.id for artifact in input_dict[CANDIDATE]}
    others = {
        key: [artifact for artifact in artifacts if artifact.id not in candidate_ids]
        for key, artifacts in input_dict.items() if key != CANDIDATE}
    latest = super().resolve_artifacts(store, others) or {key: [] for key in others}
    return {**latest, CANDIDATE: input_dict[CANDIDATE]}


def previous_statistics(candidate: tfx.dsl.Channel) -> tfx.dsl.Resolver:
  """Build the resolver with the output `previous`, the statistics of the previous data.

  Args:
    candidate: this run's statistics.
  """
  return tfx.dsl.Resolver(
      strategy_class=LatestOtherArtifact, previous=tfx.dsl.Channel(type=standard_artifacts.ExampleStatistics),
      **{CANDIDATE: candidate}).with_id('PreviousStatistics')
