"""How a run finds what previous runs left: the baseline model, and the statistics of the previous data."""

from typing import Any, Callable, NamedTuple, Optional

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


class LatestOtherBlessedModel(tfx.dsl.experimental.LatestBlessedModelStrategy):
  """Resolves the latest blessed model other than the candidate itself.

  TFX's own strategy resolves the candidate to be its own baseline when an unchanged pipeline runs again. The Evaluator
  would then get other inputs than before, and run again too.
  """

  def resolve_artifacts(self, store: Any, input_dict: _Artifacts) -> _Artifacts:
    """Resolve the baseline.

    Args:
      store: the ML Metadata store.
      input_dict: artifacts by input: `model`, `model_blessing` and `candidate`.

    Returns:
      Lists of the baseline and its blessing, empty if no other model is blessed.
    """
    candidate_ids = {artifact.id for artifact in input_dict[CANDIDATE]}
    others = {
        key: [a for a in artifacts if a.type is not standard_artifacts.Model or a.id not in candidate_ids]
        for key, artifacts in input_dict.items() if key != CANDIDATE}
    return {**super().resolve_artifacts(store, others), CANDIDATE: input_dict[CANDIDATE]}


class Resolvers(NamedTuple):
  """The resolvers of a pipeline: functions of this run's own channel; a function may return None for no resolver.

  Attributes:
    previous_statistics: builds the resolver with the output `previous`, the statistics of the previous data.
    baseline: builds the resolver with the output `model`, the baseline.
  """

  previous_statistics: Callable[[tfx.dsl.Channel], Optional[tfx.dsl.Resolver]]
  baseline: Callable[[tfx.dsl.Channel], Optional[tfx.dsl.Resolver]]


def _previous_statistics(candidate):
  return tfx.dsl.Resolver(
      strategy_class=LatestOtherArtifact, previous=tfx.dsl.Channel(type=standard_artifacts.ExampleStatistics),
      **{CANDIDATE: candidate}).with_id('PreviousStatistics')


def _baseline(candidate):
  return tfx.dsl.Resolver(
      strategy_class=LatestOtherBlessedModel,
      model=tfx.dsl.Channel(type=standard_artifacts.Model),
      # Without the blessings of comparisons: those models were never pushed.
      model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing, producer_component_id='Evaluator'),
      **{CANDIDATE: candidate}).with_id('Resolver')


def _latest_blessed_model(unused_candidate):
  return tfx.dsl.Resolver(
      strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
      model=tfx.dsl.Channel(type=standard_artifacts.Model),
      model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing)).with_id('Resolver')


def _nothing(unused_candidate):
  return None


OWN_STRATEGIES = Resolvers(_previous_statistics, _baseline)  # for runners that execute the strategies above
# For back ends that resolve artifacts themselves, such as Vertex AI's, and know TFX's strategies only. The latest
# statistics there may be this run's own, so the data is not checked for drift.
TFX_STRATEGIES = Resolvers(_nothing, _latest_blessed_model)
NO_RESOLVERS = Resolvers(_nothing, _nothing)
