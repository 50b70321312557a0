"""CheckedEvaluator: TFX's Evaluator for whole batches, which compares with pushed versions, review by review."""

from typing import Optional, Union

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.common import artifacts
from components.common import version_comparison
from components.evaluator import executor
from components.evaluator import supported_metrics

_artifacts = tfx.types.standard_artifacts
_Threshold = Union[float, tfx.dsl.experimental.RuntimeParameter, None]


class CheckedEvaluatorSpec(standard_component_specs.EvaluatorSpec):
  """TFX's EvaluatorSpec with some more parameters, and the pushed versions instead of a baseline model."""

  PARAMETERS = {
      **standard_component_specs.EvaluatorSpec.PARAMETERS,
      'ignore_baseline': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
      **{name: component_spec.ExecutionParameter(type=float, optional=True)
         for name in (*executor.THRESHOLD_METRICS, executor.MAX_DROP)},
  }
  INPUTS = {
      **standard_component_specs.EvaluatorSpec.INPUTS,
      **{role: component_spec.ChannelParameter(type=artifacts.ServedVersion, optional=True)
         for role in version_comparison.ROLES},
  }


class CheckedEvaluator(base_beam_component.BaseBeamComponent):
  """Measures a model, and blesses it if it meets the thresholds and is not worse than the pushed versions.

  Beside TFMA's results, `evaluation` has the score of each example (components.common.review_scores) and the comparison
  with the pushed versions (components.common.version_comparison).
  """

  SPEC_CLASS = CheckedEvaluatorSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

  def __init__(self, examples: tfx.dsl.Channel, model: tfx.dsl.Channel, eval_config: tfma.EvalConfig, split: str,
               code: str, max_accuracy_drop: _Threshold = None, baseline: Optional[tfx.dsl.Channel] = None,
               best: Optional[tfx.dsl.Channel] = None, ignore_baseline: bool = False,
               **thresholds: _Threshold):
    """Build the component.

    Args:
      examples: channel of raw examples.
      model: channel of the candidate.
      eval_config: metrics, slices and thresholds.
      split: the split of the examples to measure on.
      code: fingerprint of the metrics' code, part of the cache key.
      max_accuracy_drop: how much lower than that of a pushed version the accuracy may be; None for any.
      baseline: channel of the ServedVersion that is served, or None.
      best: channel of the ServedVersion that is the best of those kept, or None.
      ignore_baseline: whether the user chose to compare with none; recorded with the evaluation.
      **thresholds: min_accuracy, min_auc and min_slice_accuracy; each replaces the threshold in `eval_config`, for
        runners whose users set it per run.

    Raises:
      ValueError: a metric or slice of `eval_config` is not supported, see `supported_metrics`.
    """
    supported_metrics.check_eval_config(eval_config)
    super().__init__(CheckedEvaluatorSpec(
        examples=examples,
        model=model,
        baseline=baseline,
        best=best,
        eval_config=eval_config,
        example_splits=json_utils.dumps([split]),
        fairness_indicator_thresholds=json_utils.dumps(None),
        ignore_baseline=int(ignore_baseline),
        max_accuracy_drop=max_accuracy_drop,
        code=code,
        **thresholds,
        evaluation=tfx.dsl.Channel(type=_artifacts.ModelEvaluation),
        blessing=tfx.dsl.Channel(type=_artifacts.ModelBlessing)))
