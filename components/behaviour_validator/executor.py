"""Executor of BehaviourValidator: scores every case with the exported model and reports how many pass."""

import json
import math
import os
import reprlib
from typing import Any, Mapping

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.behaviour_validator import cases as cases_lib
from components.behaviour_validator import domain as domain_lib
from components.common import artifacts
from components.common import scoring

REPORT_FILE = 'report.json'
_MAX_FAILURES = 10  # of each test, in the report
_SHORT_REPR = reprlib.Repr()
_SHORT_REPR.maxstring = 160


class Executor(base_executor.BaseExecutor):
  """Writes report.json; the verdict and the pass rates are custom properties too."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Run the tests; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    model = artifact_utils.get_single_instance(input_dict['model'])
    output = artifact_utils.get_single_instance(output_dict['report'])
    domain = domain_lib.Domain.parse_raw(exec_properties['domain'])
    report = run_tests(path_utils.serving_model_path(model.uri), json.loads(exec_properties['thresholds']), domain)
    io_utils.write_string_file(os.path.join(output.uri, REPORT_FILE), json.dumps(report, indent=2, allow_nan=False))
    output.set_int_custom_property('blessed', int(report['blessed']))
    output.set_string_custom_property('reason', '\n'.join(report['reasons']))
    output.set_string_custom_property('domain', domain.name)
    for capability, result in report['capabilities'].items():
      output.set_float_custom_property(capability, result['pass_rate'])


def run_tests(saved_model: str, thresholds: Mapping[str, float], domain: domain_lib.Domain) -> dict[str, Any]:
  """Run the behaviour tests on a SavedModel.

  Args:
    saved_model: its directory.
    thresholds: the lowest pass rate by capability; that of a capability that is not named is 0.
    domain: whose tests to run.

  Returns:
    The content of report.json: `blessed`, `reasons` (one line each; empty if blessed), the same as one `reason`, the
    `domain` without its templates, and `capabilities`: by capability that the domain tests its `threshold`, `count`,
    `passed`, `pass_rate` and `tests`. Each of those has a `count`, `passed`, `pass_rate` and its first `failures`, with
    texts, scores (None: not a number) and what was expected. A model that cannot score fails every case.
  """
  texts = list(dict.fromkeys(text for case in cases_lib.make_cases(domain.templates) for text in case.texts))
  try:
    scores, problem = scoring.load_scorer(saved_model)(texts), ''
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in it
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    scores, problem = [math.nan] * len(texts), f'the model cannot score: {first_line}'
  return make_report(dict(zip(texts, scores)), thresholds, domain, problem)


def make_report(scores: Mapping[str, float], thresholds: Mapping[str, float], domain: domain_lib.Domain,
                problem: str = '') -> dict[str, Any]:
  """Compare scores with what the cases expect.

  Args:
    scores: the probability of the positive class by text, of every text of every case.
    thresholds: see `run_tests`.
    domain: see `run_tests`.
    problem: why there are no scores; empty if there are.

  Returns:
    See `run_tests`.
  """
  reasons, capabilities = [problem] if problem else [], {}
  all_cases = cases_lib.make_cases(domain.templates)
  for capability in dict.fromkeys(case.capability for case in all_cases):
    cases = [case for case in all_cases if case.capability == capability]
    failed = [case for case in cases if not case.passes(_scores_of(case, scores))]
    result: dict[str, Any] = {
        'threshold': thresholds.get(capability, 0.0), **_pass_rate(len(cases), len(failed)), 'tests': {}}
    for test in dict.fromkeys(case.test for case in cases):
      failures = [case for case in failed if case.test == test]
      result['tests'][test] = {
          **_pass_rate(sum(case.test == test for case in cases), len(failures)),
          'failures': [_failure(case, scores) for case in failures[:_MAX_FAILURES]]}
    capabilities[capability] = result
    if result['pass_rate'] < result['threshold'] and not problem:
      reasons.append(
          f'{capability}: {result["passed"]} of {result["count"]} cases pass ({result["pass_rate"]:.1%}), the '
          f'threshold is {result["threshold"]:.1%}: train a better model, or --set '
          f'min_{capability}={math.floor(100 * result["pass_rate"]) / 100:g}; the first failure: '
          f'{_brief(failed[0], scores)}')
  return {'blessed': not reasons, 'reason': '; '.join(reasons), 'reasons': reasons,
          'domain': domain.dict(exclude={'templates'}), 'capabilities': capabilities}


def _pass_rate(count: int, failed: int) -> dict[str, float]:
  return {'count': count, 'passed': count - failed, 'pass_rate': (count - failed) / count}


def _scores_of(case: cases_lib.Case, scores: Mapping[str, float]) -> list[float]:
  return [scores[text] for text in case.texts]


def _failure(case: cases_lib.Case, scores: Mapping[str, float]) -> dict[str, Any]:
  finite = [score if math.isfinite(score) else None for score in _scores_of(case, scores)]
  return {'texts': list(case.texts), 'scores': finite, 'expected': case.expected}


def _brief(case: cases_lib.Case, scores: Mapping[str, float]) -> str:
  """Return a case in one line: line breaks in a text are escaped, and a long text lacks its middle."""
  scored = [f'{_SHORT_REPR.repr(text)} scores {score:.3f}' for text, score in zip(case.texts, _scores_of(case, scores))]
  return f'{", then ".join(scored)}, expected {case.expected}'
