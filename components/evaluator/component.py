"""CheckedEvaluator: TFX's Evaluator, which first makes sure that the baseline can be loaded at all."""

import itertools
import json
from typing import Optional

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx import v1 as tfx
from tfx.components.evaluator import executor as evaluator_executor
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils
from tfx.utils import path_utils
from tfx.utils import proto_utils

from components.evaluator import extractors

_artifacts = tfx.types.standard_artifacts
_DROP = 'max_accuracy_drop'
# The metric whose bound each parameter sets: the lower one or, with _DROP, that of the change against the baseline.
_BARS = {'min_accuracy': 'binary_accuracy', 'min_auc': 'auc', 'min_slice_accuracy': 'accuracy_upper_bound',
         _DROP: 'binary_accuracy'}


class Executor(evaluator_executor.Executor):
  """Evaluates, unless there is a baseline that cannot be loaded."""

  def Do(self, input_dict, output_dict, exec_properties):
    for model in input_dict.get(standard_component_specs.BASELINE_MODEL_KEY) or ():
      _check_loadable(model)
    changes = {
        standard_component_specs.MODULE_PATH_KEY: extractors.__name__,
        standard_component_specs.EVAL_CONFIG_KEY: _with_bars(exec_properties),
    }
    super().Do(input_dict, output_dict, {**exec_properties, **changes})


def _with_bars(exec_properties):
  """The tfma.EvalConfig as JSON, with the bounds that were set for this run."""
  config = tfma.EvalConfig()
  proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
  metrics = {json.loads(metric.config or '{}').get('name'): metric
             for metric in itertools.chain.from_iterable(spec.metrics for spec in config.metrics_specs)}
  for parameter, metric in _BARS.items():
    bar = exec_properties.get(parameter)
    for sliced in metrics[metric].per_slice_thresholds if bar is not None else ():
      if parameter == _DROP:
        sliced.threshold.change_threshold.absolute.value = -bar
      else:
        sliced.threshold.value_threshold.lower_bound.value = bar
  return proto_utils.proto_to_json(config)


def _check_loadable(model):
  path = path_utils.serving_model_path(model.uri)
  try:
    tf.saved_model.load(path)
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in it
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    raise ValueError(
        f'the baseline {path} cannot be loaded ({first_line}); restore it, or compare with none: --ignore-baseline'
    ) from error


class CheckedEvaluatorSpec(standard_component_specs.EvaluatorSpec):
  """TFX's EvaluatorSpec with some parameters more."""

  PARAMETERS = {
      **standard_component_specs.EvaluatorSpec.PARAMETERS,
      'ignore_baseline': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
      **{name: component_spec.ExecutionParameter(type=float, optional=True) for name in _BARS},
  }


class CheckedEvaluator(base_beam_component.BaseBeamComponent):
  """Measures a model, and blesses it where it meets the thresholds of the tfma.EvalConfig."""

  SPEC_CLASS = CheckedEvaluatorSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

  def __init__(self, examples, model, eval_config: tfma.EvalConfig, split: str, code: str,
               baseline_model: Optional[tfx.dsl.Channel] = None, ignore_baseline: bool = False,
               **bars):
    """Builds the component.

    Args:
      examples: channel of raw examples.
      model: channel of the candidate.
      eval_config: metrics, slices and thresholds.
      split: of the examples, to measure on.
      code: fingerprint of the metrics' code, part of the cache key.
      baseline_model: channel of the model to compare with, or None.
      ignore_baseline: recorded in the metadata store: somebody chose to compare with none.
      **bars: min_accuracy, min_auc, min_slice_accuracy and max_accuracy_drop, float or
        tfx.dsl.experimental.RuntimeParameter: each goes before the bound that `eval_config` has.
    """
    super().__init__(CheckedEvaluatorSpec(
        examples=examples,
        model=model,
        baseline_model=baseline_model,
        eval_config=eval_config,
        example_splits=json_utils.dumps([split]),
        fairness_indicator_thresholds=json_utils.dumps(None),
        ignore_baseline=int(ignore_baseline),
        code=code,
        **bars,
        evaluation=tfx.dsl.Channel(type=_artifacts.ModelEvaluation),
        blessing=tfx.dsl.Channel(type=_artifacts.ModelBlessing)))
