"""Executor of CheckedEvaluator."""

import itertools
import json
from typing import Any, Mapping

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.evaluator import executor as evaluator_executor
from tfx.types import standard_component_specs
from tfx.utils import path_utils
from tfx.utils import proto_utils

from components.common import artifacts
from components.evaluator import extractors

_MAX_DROP = 'max_accuracy_drop'
# The metric whose threshold each parameter sets: the lower bound of its value or, for _MAX_DROP, of its change against
# the baseline.
THRESHOLD_METRICS = {'min_accuracy': 'binary_accuracy', 'min_auc': 'auc', 'min_slice_accuracy': 'accuracy_upper_bound',
                     _MAX_DROP: 'binary_accuracy'}


class Executor(evaluator_executor.Executor):
  """Evaluates whole batches of reviews; fails if there is a baseline that cannot be loaded."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Evaluate; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    for model in input_dict.get(standard_component_specs.BASELINE_MODEL_KEY) or ():
      _check_loadable(model)
    changes = {
        standard_component_specs.MODULE_PATH_KEY: extractors.__name__,
        standard_component_specs.EVAL_CONFIG_KEY: eval_config_of_run(exec_properties),
    }
    super().Do(input_dict, output_dict, {**exec_properties, **changes})


def eval_config_of_run(exec_properties: Mapping[str, Any]) -> str:
  """Return the tfma.EvalConfig as JSON, with the thresholds that were set for this run.

  Args:
    exec_properties: of `component.CheckedEvaluatorSpec`.
  """
  config = tfma.EvalConfig()
  proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
  metrics = {json.loads(metric.config or '{}').get('name'): metric
             for metric in itertools.chain.from_iterable(spec.metrics for spec in config.metrics_specs)}
  for parameter, metric in THRESHOLD_METRICS.items():
    value = exec_properties.get(parameter)
    if value is None:
      continue
    for sliced in metrics[metric].per_slice_thresholds:
      if parameter == _MAX_DROP:
        sliced.threshold.change_threshold.absolute.value = -value
      else:
        sliced.threshold.value_threshold.lower_bound.value = value
  return proto_utils.proto_to_json(config)


def _check_loadable(model: types.Artifact) -> None:
  path = path_utils.serving_model_path(model.uri)
  try:
    tf.saved_model.load(path)
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in it
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    raise ValueError(
        f'the baseline {path} cannot be loaded ({first_line}); restore it, or evaluate without it: --ignore-baseline'
    ) from error
