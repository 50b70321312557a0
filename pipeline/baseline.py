"""Which model the Evaluator compares a candidate with."""

from tfx import v1 as tfx
from tfx.types import standard_artifacts

CANDIDATE = 'candidate'


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
