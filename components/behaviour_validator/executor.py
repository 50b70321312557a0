"""Executor of BehaviourValidator: scores every case with the exported model and reports how many are as expected."""

import json
import math
import os
import reprlib
from typing import Mapping

import numpy as np
import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.behaviour_validator import cases as cases_lib

REPORT_FILE = 'report.json'
_BATCH = 256  # texts of one call: what a model takes in memory does not grow with the cases
_MAX_SHOWN = 10  # failures of each test that the report holds
_BRIEF = reprlib.Repr()
_BRIEF.maxstring = 160


class Executor(base_executor.BaseExecutor):
  """Writes report.json; the verdict and the pass rates are custom properties too."""

  def Do(self, input_dict, output_dict, exec_properties):
    model = artifact_utils.get_single_instance(input_dict['model'])
    output = artifact_utils.get_single_instance(output_dict['report'])
    result = measure(
        path_utils.serving_model_path(model.uri), exec_properties['signature'], exec_properties['input_key'],
        exec_properties['scores'], json.loads(exec_properties['floors']))
    io_utils.write_string_file(os.path.join(output.uri, REPORT_FILE), json.dumps(result, indent=2, allow_nan=False))
    output.set_int_custom_property('blessed', int(result['blessed']))
    output.set_string_custom_property('reason', result['reason'])
    for capability, found in result['capabilities'].items():
      output.set_float_custom_property(capability, found['pass_rate'])


def measure(path: str, signature: str, input_key: str, scores: str, floors: Mapping[str, float]) -> dict:
  """Runs the behaviour tests on a SavedModel.

  Args:
    path: of the SavedModel.
    signature: of it, which takes plain strings.
    input_key: the signature's input.
    scores: the signature's output, the probabilities of the positive class [batch, 1].
    floors: the lowest pass rate by capability; one that is left out has the floor 0.

  Returns:
    What report.json holds: `blessed`, `reason` (one line; empty where blessed), and by capability its `floor`, `count`,
    `passed`, `pass_rate` and `tests`. Each of those has a `count`, `passed`, `pass_rate` and its first `failures`, with
    texts, scores (None: not a number) and what was expected. A model that cannot be scored fails every case.
  """
  texts = list(dict.fromkeys(text for case in cases_lib.all_cases() for text in case.texts))
  try:
    probabilities, problem = _probabilities(path, signature, input_key, scores, texts), ''
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in it
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    probabilities, problem = [math.nan] * len(texts), f'the model cannot be scored: {first_line}'
  return report(dict(zip(texts, probabilities)), floors, problem)


def _probabilities(path, signature, input_key, scores, texts) -> list[float]:
  model = tf.saved_model.load(path)
  if signature not in model.signatures:
    raise ValueError(f'no signature {signature!r}; there are: {", ".join(sorted(model.signatures))}')
  result = []
  for start in range(0, len(texts), _BATCH):
    batch = texts[start:start + _BATCH]
    outputs = model.signatures[signature](**{input_key: tf.constant(batch)})
    if scores not in outputs:
      raise ValueError(f'{signature} gives no {scores!r}; it gives: {", ".join(sorted(outputs))}')
    if outputs[scores].shape != (len(batch), 1):
      raise ValueError(f'{signature} gives {scores!r} of shape {outputs[scores].shape} for {len(batch)} texts')
    result += outputs[scores].numpy()[:, 0].astype(np.float64).tolist()
  return result


def report(score_of: Mapping[str, float], floors: Mapping[str, float], problem: str = '') -> dict:
  """Judges scores.

  Args:
    score_of: the probability of the positive class by text, of every text of every case.
    floors: see `measure`.
    problem: why there are no scores; empty if there are.

  Returns:
    See `measure`.
  """
  reasons, capabilities = [problem] if problem else [], {}
  for capability in cases_lib.CAPABILITIES:
    cases = [case for case in cases_lib.all_cases() if case.capability == capability]
    failed = [case for case in cases if not case.passes(_scores(case, score_of))]
    found = {'floor': floors.get(capability, 0.0), **_rate(len(cases), len(failed)), 'tests': {}}
    for test in dict.fromkeys(case.test for case in cases):
      failures = [case for case in failed if case.test == test]
      found['tests'][test] = {
          **_rate(sum(case.test == test for case in cases), len(failures)),
          'failures': [_failure(case, score_of) for case in failures[:_MAX_SHOWN]]}
    capabilities[capability] = found
    if found['pass_rate'] < found['floor'] and not problem:
      reasons.append(
          f'{capability}: {found["passed"]} of {found["count"]} cases pass ({found["pass_rate"]:.1%}), the floor is '
          f'{found["floor"]:.1%}; the first that fails: {_brief(failed[0], score_of)}')
  return {'blessed': not reasons, 'reason': '; '.join(reasons), 'capabilities': capabilities}


def _rate(count: int, failed: int) -> dict:
  return {'count': count, 'passed': count - failed, 'pass_rate': (count - failed) / count}


def _scores(case, score_of) -> list[float]:
  return [score_of[text] for text in case.texts]


def _failure(case, score_of) -> dict:
  scores = [score if math.isfinite(score) else None for score in _scores(case, score_of)]
  return {'texts': list(case.texts), 'scores': scores, 'expected': case.expected}


def _brief(case, score_of) -> str:
  """A case in one line: a text of several lines shows them as \\n, a long one without its middle."""
  scored = [f'{_BRIEF.repr(text)} has {score:.3f}' for text, score in zip(case.texts, _scores(case, score_of))]
  return f'{" and then ".join(scored)}, expected: {case.expected}'
