"""What a run's data and model are compared with: what former runs have left."""

from typing import Callable, NamedTuple

from tfx import v1 as tfx
from tfx.types import standard_artifacts

CANDIDATE = 'candidate'


class LatestOther(tfx.dsl.experimental.LatestArtifactStrategy):
  """Resolves the latest artifact of a type that is not the candidate itself."""

  def resolve_artifacts(self, store, input_dict):
    """Takes the inputs candidate and others of its type; gives each of the others' latest one, or an empty list."""
    own = {artifact.id for artifact in input_dict[CANDIDATE]}
    others = {key: [a for a in value if a.id not in own] for key, value in input_dict.items() if key != CANDIDATE}
    latest = super().resolve_artifacts(store, others) or {key: [] for key in others}
    return {**latest, CANDIDATE: input_dict[CANDIDATE]}


class LatestOtherBlessedModel(tfx.dsl.experimental.LatestBlessedModelStrategy):
  """Resolves the latest blessed model that is not the candidate itself.

  TFX's own strategy resolves the candidate to be its own baseline when an unchanged pipeline runs again; the
  Evaluator would then see other inputs than before, and run again too.
  """

  def resolve_artifacts(self, store, input_dict):
    """Takes the inputs model, model_blessing and candidate; gives the baseline and its blessing, or empty lists."""
    candidates = input_dict[CANDIDATE]
    own = {artifact.id for artifact in candidates}
    others = {key: value for key, value in input_dict.items() if key != CANDIDATE}
    others = {
        key: [a for a in value if a.type is not standard_artifacts.Model or a.id not in own]
        for key, value in others.items()}
    return {**super().resolve_artifacts(store, others), CANDIDATE: candidates}


class Lookups(NamedTuple):
  """How a runner finds what former runs have left: each is candidate's channel -> tfx.dsl.Resolver, or None.

  Attributes:
    statistics: finds `former`, the statistics of the data before.
    model: finds `model`, the baseline.
  """

  statistics: Callable
  model: Callable


def _other_statistics(candidate):
  return tfx.dsl.Resolver(
      strategy_class=LatestOther, former=tfx.dsl.Channel(type=standard_artifacts.ExampleStatistics),
      **{CANDIDATE: candidate}).with_id('FormerStatistics')


def _other_model(candidate):
  return tfx.dsl.Resolver(
      strategy_class=LatestOtherBlessedModel,
      model=tfx.dsl.Channel(type=standard_artifacts.Model),
      # Not the blessings of a comparison: those models were never pushed.
      model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing, producer_component_id='Evaluator'),
      **{CANDIDATE: candidate}).with_id('Resolver')


def _blessed_model(unused_candidate):
  return tfx.dsl.Resolver(
      strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
      model=tfx.dsl.Channel(type=standard_artifacts.Model),
      model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing)).with_id('Resolver')


OTHERS = Lookups(_other_statistics, _other_model)  # for runners that run our strategies
# For back ends that resolve by themselves, as Vertex AI's, which know TFX's strategies only. Its latest statistics may
# be this run's own, so drift is not looked for.
MANAGED = Lookups(lambda unused_candidate: None, _blessed_model)
NONE = Lookups(lambda unused_candidate: None, lambda unused_candidate: None)
