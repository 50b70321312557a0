"""Executor of ServingValidator: runs `probe` on a copy of the model in a new process, and judges what it reports."""

import base64
import json
import os
import pathlib
import tempfile
from typing import Any, Mapping, Optional

import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.common import artifacts
from components.common import custom_properties
from components.common import examples as examples_lib
from components.serving_validator import canaries
from components.serving_validator import processes
from components.serving_validator import thresholds as thresholds_lib
from models import features

REPORT_FILE = 'report.json'
MEASUREMENTS = ('load_seconds', 'p50_ms', 'p99_ms', 'cpu_ms', 'memory_mb', 'max_score_difference', 'size_mb',
                *thresholds_lib.RATIOS)
TRAINING_SCORES_FILE = 'training_scores.json'  # in the model run, by the Trainer
# The names that Pushers look for, by whether the model is blessed: those of InfraValidator.
_MARKERS = {True: 'INFRA_BLESSED', False: 'INFRA_NOT_BLESSED'}
_BATCH = 1024


class Executor(base_executor.BaseExecutor):
  """Writes report.json and the marker file; the verdict and the measurements are custom properties too."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Validate; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    blessing = artifact_utils.get_single_instance(output_dict['blessing'])
    served = [custom_properties.read_property(version, 'path') for version in input_dict.get('baseline') or ()]
    report = validate(
        path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict['model'])),
        os.path.join(artifact_utils.get_single_uri(input_dict['model_run']), TRAINING_SCORES_FILE),
        artifact_utils.get_single_uri(input_dict['examples']), exec_properties['split'], exec_properties['timeout_s'],
        json.loads(exec_properties['thresholds']), served[0] if served else None)
    io_utils.write_string_file(
        os.path.join(blessing.uri, REPORT_FILE), json.dumps(report, indent=2, allow_nan=False))
    io_utils.write_string_file(os.path.join(blessing.uri, _MARKERS[report['blessed']]), '')
    blessing.set_int_custom_property('blessed', int(report['blessed']))
    blessing.set_string_custom_property('reason', report['reason'])
    blessing.set_string_custom_property('not_compared', report.get('served_model', {}).get('reason', ''))
    bounds = {f'max_{name}': bound for name, bound in report.get('thresholds', {}).items()}
    for name in (*MEASUREMENTS, *bounds):
      if (value := report.get(name, bounds.get(name))) is not None:
        blessing.set_float_custom_property(name, value)


def validate(model: str, training_scores: str, examples: str, split: str, timeout_s: int,
             thresholds: Mapping[str, Optional[float]], served_model: Optional[str]) -> dict[str, Any]:
  """Load and call a SavedModel as a server would.

  Args:
    model: path of the SavedModel.
    training_scores: path of the JSON file {review id: probability by the training graph}.
    examples: directory of the artifact with the raw examples of those reviews.
    split: the split that they are in.
    timeout_s: seconds for the process that does it.
    thresholds: upper bounds by measurement, see `thresholds.DEFAULTS`.
    served_model: path of the SavedModel that is served, for the ratios, or None.

  Returns:
    The content of report.json: `blessed`, `reason` (one line; empty if blessed), MEASUREMENTS as far as they were
    made, `thresholds`, `served_model` (its own MEASUREMENTS, and the `reason` if it fails), and what else
    `probe.check_model` notes.
  """
  try:
    scores = _read_training_scores(training_scores)
    reviews = _find_reviews(examples, split, scores)
  except _UnusableScoresError as error:
    return {'blessed': False, 'reason': str(error)}
  with tempfile.TemporaryDirectory(prefix='serving-validator-') as directory:
    # A server gets a copy too: whatever is beside the model must not be needed.
    copy = os.path.join(directory, 'model')
    io_utils.copy_dir(model, copy)
    others = {'served_model': make_job(served_model, reviews, {})} if served_model else {}
    reports = processes.run_in_turns(directory, make_job(copy, reviews, scores), others, timeout_s)
    report = {**reports.pop('candidate'), 'size_mb': _size_mb(copy), 'thresholds': thresholds}
    for other, found in reports.items():
      report[other] = {name: found[name] for name in ('reason', *MEASUREMENTS) if name in found}
  _add_ratios(report)
  reasons = [report['reason']] if report['reason'] else thresholds_lib.find_violations(report, thresholds)
  return {**report, 'blessed': not reasons, 'reason': '; '.join(reasons)}


def _size_mb(model: str) -> float:
  return sum(path.stat().st_size for path in pathlib.Path(model).rglob('*') if path.is_file()) / 1e6


def _add_ratios(report: dict[str, Any]) -> None:
  """Add the ratios to the served model; there are none if that could not be measured."""
  served = report.get('served_model', {})
  for ratio, name in thresholds_lib.RATIOS.items():
    if name in report and name in served:
      report[ratio] = report[name] / served[name]


def make_job(model: str, reviews: Mapping[str, bytes], scores: Mapping[str, float]) -> dict[str, Any]:
  """Describe to `probe.check_model` what to do.

  Args:
    model: path of the SavedModel.
    reviews: serialized examples by review id.
    scores: probabilities by the training graph, by review id; empty if they are not known.

  Returns:
    A JSON value. Every text is in it as each signature takes it, because `probe` cannot import what encodes examples.
  """
  canary_examples = {name: examples_lib.encode_example(text).SerializeToString()
                     for name, text in canaries.CANARIES.items()}
  return {
      'model': model,
      'output': features.SCORES,
      'signatures': [
          {'name': name, 'input': key, 'form': 'text' if key == features.TEXT else 'example'}
          for key, name in features.SCORING_SIGNATURES.items()],
      'canaries': [{'id': name, **_both_forms(example)} for name, example in canary_examples.items()],
      'reviews': [{'id': id_, **_both_forms(example)} for id_, example in reviews.items()],
      'training_scores': [scores[id_] for id_ in reviews if id_ in scores],
  }


def _both_forms(example: bytes) -> dict[str, str]:
  """Return the text and the serialized example of it, in Base64."""
  text = examples_lib.decode_example(example).text
  return {'text': base64.b64encode(text).decode(), 'example': base64.b64encode(example).decode()}


class _UnusableScoresError(Exception):
  """There are no scores of the training graph to compare with; the message says why."""


def _read_training_scores(path: str) -> dict[str, float]:
  try:
    with tf.io.gfile.GFile(path) as file:
      scores = json.loads(file.read())
  except (tf.errors.NotFoundError, ValueError) as error:
    raise _UnusableScoresError(f'{path}: cannot be read ({" ".join(str(error).split())}); train again') from error
  if not isinstance(scores, dict) or not scores:
    raise _UnusableScoresError(f'{path}: holds no scores of the training graph; train again')
  for id_, score in scores.items():
    if not isinstance(score, float) or not 0 <= score <= 1:
      raise _UnusableScoresError(f'{path}: {id_}: expected a probability, not {score!r}; train again')
  return scores


def _find_reviews(uri: str, split: str, ids: Mapping[str, Any]) -> dict[str, bytes]:
  """Return the serialized examples of some reviews, by id."""
  found = {}
  spec = {features.REVIEW_ID: tf.io.FixedLenFeature([], tf.string, '')}
  for batch in examples_lib.read_records(uri, split).batch(_BATCH):
    for id_, example in zip(tf.io.parse_example(batch, spec)[features.REVIEW_ID].numpy(), batch.numpy()):
      if id_.decode() in ids:
        found[id_.decode()] = example
    if len(found) == len(ids):
      return found
  missing = [id_ for id_ in ids if id_ not in found]
  raise _UnusableScoresError(
      f'{len(missing)} of the {len(ids)} reviews that the training graph scored are not among the examples, such as '
      f'{missing[0]}: the model was trained on other data; train again')
