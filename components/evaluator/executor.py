"""Executor of CheckedEvaluator."""

import itertools
import json
import os
from typing import Any, Mapping

import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as evaluator_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types import standard_component_specs
from tfx.utils import io_utils
from tfx.utils import json_utils
from tfx.utils import proto_utils

from components.common import artifacts
from components.common import custom_properties
from components.common import errors
from components.common import evaluation_results
from components.common import examples as examples_lib
from components.common import paired_test
from components.common import review_scores
from components.common import version_comparison
from components.evaluator import extractors
from components.evaluator import score_writer

# The metric whose lower bound each parameter sets.
THRESHOLD_METRICS = {'min_accuracy': 'binary_accuracy', 'min_auc': 'auc', 'min_slice_accuracy': 'accuracy_upper_bound'}
MAX_DROP = 'max_accuracy_drop'


class Executor(evaluator_executor.Executor):
  """Evaluates whole batches of reviews, keeps the score of each, and compares it with those of pushed versions."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Evaluate; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    evaluation = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
    scores_path = os.path.join(evaluation, review_scores.FILE)
    changes = {
        standard_component_specs.MODULE_PATH_KEY: extractors.__name__,
        standard_component_specs.EVAL_CONFIG_KEY: eval_config_of_run(exec_properties),
    }
    split, = json_utils.loads(exec_properties[standard_component_specs.EXAMPLE_SPLITS_KEY])
    examples = artifact_utils.get_single_uri(input_dict[standard_component_specs.EXAMPLES_KEY])
    with score_writer.write_scores_to(scores_path, examples_lib.count_records(examples, split)):
      super().Do(input_dict, output_dict, {**exec_properties, **changes})
    scores = review_scores.read_scores(scores_path)
    if scores is None:
      raise ValueError(f'{scores_path}: cannot be read back; run this again')
    version_comparison.write_comparison(version_comparison.Comparison(
        len(scores.score), int((~scores.is_valid).sum()), scores.data_hash, exec_properties.get(MAX_DROP),
        bool(exec_properties['ignore_baseline']),
        tuple(_compare(role, version, scores, examples, split)
              for role, version in _versions(input_dict).items())), evaluation)
    _write_verdict(artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY]),
                   evaluation_results.load_evaluation(evaluation).blessed)


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
    if value is not None:
      for sliced in metrics[metric].per_slice_thresholds:
        sliced.threshold.value_threshold.lower_bound.value = value
  return proto_utils.proto_to_json(config)


def _versions(inputs: artifacts.Artifacts) -> dict[str, types.Artifact]:
  """Return the versions to compare with by role; the best one only if it is not the baseline's model."""
  found = {role: inputs[role][0] for role in version_comparison.ROLES if inputs.get(role)}
  found = {role: version for role, version in found.items() if _property(version, 'path')}
  if len(found) == 2 and len({_property(version, 'sha256') for version in found.values()}) == 1:
    del found['best']
  return found


def _property(version: types.Artifact, name: str) -> Any:
  return custom_properties.read_property(version, name)


def _compare(role: str, version: types.Artifact, scores: review_scores.ReviewScores, examples: str,
             split: str) -> version_comparison.Compared:
  """Compare a candidate with a version, which is scored only if its own scores are not of the same reviews."""
  path = _property(version, 'path')
  own = review_scores.read_scores(review_scores.path_in_version(path))
  is_same: bool = own is not None and own.data_hash == scores.data_hash
  others = own if own is not None and is_same else _score(role, path, examples, split)
  found = paired_test.compare_accuracies(scores.is_correct, others.is_correct)
  return version_comparison.Compared(
      role, int(_property(version, 'version')), _property(version, 'model') or '', _property(version, 'sha256'),
      _property(version, 'model_uri') or '', float(others.is_correct.mean()), review_scores.area_under_roc(others),
      found.value, found.interval, found.p_value, found.only_first, found.only_second, not is_same)


def _score(role: str, path: str, examples: str, split: str) -> review_scores.ReviewScores:
  try:
    return review_scores.score_split(path, examples, split)
  except ValueError as error:
    raise ValueError(
        f'{version_comparison.ROLES[role]}, {path}, cannot be scored ({errors.summarize(error.__cause__ or error)}); '
        'restore it, or evaluate without it: --ignore-baseline') from error


def _write_verdict(blessing: types.Artifact, is_blessed: bool) -> None:
  """Replace TFMA's verdict, which knows the thresholds of metrics only."""
  for name in (constants.BLESSED_FILE_NAME, constants.NOT_BLESSED_FILE_NAME):
    path = os.path.join(blessing.uri, name)
    if fileio.exists(path):
      fileio.remove(path)
  name = constants.BLESSED_FILE_NAME if is_blessed else constants.NOT_BLESSED_FILE_NAME
  io_utils.write_string_file(os.path.join(blessing.uri, name), '')
  blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(is_blessed))
