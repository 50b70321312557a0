"""Executor of ServingValidator: runs `probe` on a copy of the model in a fresh process, and judges how that ended."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import Any, Mapping

import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.serving_validator import probe

REPORT_FILE = 'report.json'
FIGURES = ('load_seconds', 'p50_ms', 'p99_ms', 'memory_mb', 'max_score_difference')
TRAINING_SCORES = 'training_scores.json'  # in the model run, by the Trainer
# The names that Pushers look for, by blessed or not: InfraValidator's.
_MARKERS = {True: 'INFRA_BLESSED', False: 'INFRA_NOT_BLESSED'}
_KEPT_LINES = 20  # of the process's error output, in the report of a crash


class Executor(base_executor.BaseExecutor):
  """Writes report.json and the marker file; the verdict and the figures are custom properties too."""

  def Do(self, input_dict, output_dict, exec_properties):
    blessing = artifact_utils.get_single_instance(output_dict['blessing'])
    report = validate(
        path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict['model'])),
        os.path.join(artifact_utils.get_single_uri(input_dict['model_run']), TRAINING_SCORES),
        io_utils.all_files_pattern(artifact_utils.get_split_uri(input_dict['examples'], exec_properties['split'])),
        exec_properties)
    io_utils.write_string_file(
        os.path.join(blessing.uri, REPORT_FILE), json.dumps(report, indent=2, allow_nan=False))
    io_utils.write_string_file(os.path.join(blessing.uri, _MARKERS[report['blessed']]), '')
    blessing.set_int_custom_property('blessed', int(report['blessed']))
    blessing.set_string_custom_property('reason', report['reason'])
    for name in FIGURES:
      if name in report:
        blessing.set_float_custom_property(name, report[name])


def validate(model: str, training_scores: str, examples: str, settings: Mapping[str, Any]) -> dict[str, Any]:
  """Tries a SavedModel out.

  Args:
    model: path of the SavedModel.
    training_scores: path of the JSON file {review id: probability by the training graph}.
    examples: pattern of the files, gzipped TFRecords of raw tf.Examples, that hold those reviews.
    settings: the execution properties of `ServingValidatorSpec`.

  Returns:
    What report.json holds: `blessed`, `reason` (one line; empty where blessed), FIGURES as far as they were measured,
    and what else `probe.check` notes.
  """
  try:
    scores = _training_scores(training_scores)
    reviews = _find(examples, settings['id_key'], scores)
  except _Unusable as error:
    return {'blessed': False, 'reason': str(error)}
  with tempfile.TemporaryDirectory(prefix='serving-validator-') as directory:
    # A server gets a copy too: what lies beside the model stays behind.
    copy = os.path.join(directory, 'model')
    io_utils.copy_dir(model, copy)
    report = _run_probe(directory, settings['timeout_s'], {
        'model': copy,
        'signatures': json.loads(settings['signatures']),
        'scores': settings['scores'],
        'text_key': settings['text_key'],
        'reviews': [{'id': id_, 'example': base64.b64encode(example).decode(), 'training_score': scores[id_]}
                    for id_, example in reviews.items()],
    })
  return {'blessed': not report['reason'], **report}


class _Unusable(Exception):
  """There are no scores of the training graph to compare with; the message says why."""


def _training_scores(path: str) -> dict[str, float]:
  try:
    with tf.io.gfile.GFile(path) as file:
      scores = json.loads(file.read())
  except (tf.errors.NotFoundError, ValueError) as error:
    raise _Unusable(f'{path}: cannot be read ({" ".join(str(error).split())}); train again') from error
  if not isinstance(scores, dict) or not scores:
    raise _Unusable(f'{path}: holds no scores of the training graph; train again')
  for id_, score in scores.items():
    if not isinstance(score, float) or not 0 <= score <= 1:
      raise _Unusable(f'{path}: {id_}: a probability was expected, not {score!r}')
  return scores


def _find(pattern: str, id_key: str, ids: Mapping[str, Any]) -> dict[str, bytes]:
  """The serialized examples of some reviews, by id."""
  found = {}
  spec = {id_key: tf.io.FixedLenFeature([], tf.string, '')}
  for batch in tf.data.TFRecordDataset(tf.io.matching_files(pattern), 'GZIP').batch(1024):
    for id_, example in zip(tf.io.parse_example(batch, spec)[id_key].numpy(), batch.numpy()):
      if id_.decode() in ids:
        found[id_.decode()] = example
    if len(found) == len(ids):
      return found
  missing = [id_ for id_ in ids if id_ not in found]
  raise _Unusable(f'{len(missing)} of the {len(ids)} reviews that the training graph scored are not among the '
                  f'examples, such as {missing[0]}: the model was trained on other data')


def _run_probe(directory: str, timeout_s: int, job: Mapping[str, Any]) -> dict[str, Any]:
  """Runs `probe` in a fresh process; its report, with the `reason` also where the process did not get to one."""
  job_path, report_path = os.path.join(directory, 'job.json'), os.path.join(directory, REPORT_FILE)
  with open(job_path, 'w', encoding='utf-8') as file:
    json.dump(job, file)
  environment = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
  environment['TF_CPP_MIN_LOG_LEVEL'] = '3'
  environment['CUDA_VISIBLE_DEVICES'] = '-1'  # this process may hold all of a GPU's memory since the training
  try:
    process = subprocess.run(
        [sys.executable, '-I', probe.__file__, job_path, report_path], cwd=directory, env=environment, timeout=timeout_s,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    output = process.stderr
    error = _ending(process.returncode)
  except subprocess.TimeoutExpired as expired:
    output = expired.stderr or b''
    error = f'no answer within {timeout_s} s; if the machine was merely busy, allow more'
  report = {'stage': 'starting TensorFlow'}
  if os.path.exists(report_path):
    with open(report_path, encoding='utf-8') as file:
      report = json.load(file)
  if 'reason' in report:  # how the process ended after it had its verdict says nothing about the model
    return report
  lines = output.decode(errors='replace').strip().splitlines()[-_KEPT_LINES:]
  return {**report, 'reason': f'{report["stage"]}: {error}', 'error_output': lines}


def _ending(code: int) -> str:
  if code >= 0:
    return f'the process ended without a verdict (exit status {code})'
  hint = ', for want of memory?' if code == -signal.SIGKILL else ''
  return f'the process crashed ({signal.Signals(-code).name}{hint})'
