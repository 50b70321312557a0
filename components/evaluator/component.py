"""CheckedEvaluator: TFX's Evaluator for whole batches, which first checks that the baseline can be loaded."""

from typing import Optional, Union

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.evaluator import executor
from components.evaluator import supported_metrics

_artifacts = tfx.types.standard_artifacts
_Threshold = Union[float, tfx.dsl.experimental.RuntimeParameter, None]


class CheckedEvaluatorSpec(standard_component_specs.EvaluatorSpec):
  """TFX's EvaluatorSpec with some more parameters."""

  PARAMETERS = {
      **standard_component_specs.EvaluatorSpec.PARAMETERS,
      'ignore_baseline': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
      **{name: component_spec.ExecutionParameter(type=float, optional=True) for name in executor.THRESHOLD_METRICS},
  }


class CheckedEvaluator(base_beam_component.BaseBeamComponent):
  """Measures a model, and blesses it if it meets the thresholds of the tfma.EvalConfig."""

  SPEC_CLASS = CheckedEvaluatorSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

  def __init__(self, examples: tfx.dsl.Channel, model: tfx.dsl.Channel, eval_config: tfma.EvalConfig, split: str,
               code: str, baseline_model: Optional[tfx.dsl.Channel] = None, ignore_baseline: bool = False,
               **thresholds: _Threshold):
    """Build the component.

    Args:
      examples: channel of raw examples.
      model: channel of the candidate.
      eval_config: metrics, slices and thresholds.
      split: the split of the examples to measure on.
      code: fingerprint of the metrics' code, part of the cache key.
      baseline_model: channel of the model to compare with, or None.
      ignore_baseline: whether the user chose to compare with none; recorded in the metadata store.
      **thresholds: min_accuracy, min_auc, min_slice_accuracy and max_accuracy_drop; each replaces the threshold in
        `eval_config`, for runners whose users set it per run.

    Raises:
      ValueError: a metric or slice of `eval_config` is not supported, see `supported_metrics`.
    """
    supported_metrics.check_eval_config(eval_config)
    super().__init__(CheckedEvaluatorSpec(
        examples=examples,
        model=model,
        baseline_model=baseline_model,
        eval_config=eval_config,
        example_splits=json_utils.dumps([split]),
        fairness_indicator_thresholds=json_utils.dumps(None),
        ignore_baseline=int(ignore_baseline),
        code=code,
        **thresholds,
        evaluation=tfx.dsl.Channel(type=_artifacts.ModelEvaluation),
        blessing=tfx.dsl.Channel(type=_artifacts.ModelBlessing)))
