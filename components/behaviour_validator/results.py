"""The results of the behaviour tests: which cases pass, and whether enough of them do."""

import math
import reprlib
from typing import Any, Mapping, Sequence

from components.behaviour_validator import cases as cases_lib
from components.behaviour_validator import domain as domain_lib
from components.common import intervals

REPORT_FILE = 'report.json'
_SHORT_REPR = reprlib.Repr()
_SHORT_REPR.maxstring = 160


def make_report(scores: Mapping[str, float], thresholds: Mapping[str, float], domain: domain_lib.Domain,
                problem: str = '', reads: str = 'full') -> dict[str, Any]:
  """Compare scores with what the cases expect.

  Args:
    scores: the probability of the positive class by text, of every text of every case.
    thresholds: the lowest pass rate by capability; that of a capability that is not named is 0.
    domain: whose tests were run.
    problem: why there are no scores; empty if there are.
    reads: one of cases.READS.

  Returns:
    The content of report.json: `blessed`, `reasons` (one line each; empty if blessed), the same as one `reason`,
    `limits` (one line each: what a model cannot do, although it may be blessed), the
    `domain` without its templates, and `capabilities`: by capability that the domain tests its `threshold`, `count`,
    `passed`, `pass_rate`, the 95 % `interval` of it, `judged_rate` and `tests`. The judged rate is compared with the
    threshold: the pass rate, or the lowest of its tests for a capability of cases.JUDGED_BY_TEST. Each test has a
    `count`, `passed`, `pass_rate`, `interval` and all its `failures`, with texts, scores (None: not a number) and what
    was expected.
  """
  reasons, capabilities = [problem] if problem else [], {}
  all_cases = cases_lib.make_cases(domain.templates)
  for name in dict.fromkeys(case.capability for case in all_cases):
    threshold = cases_lib.select_thresholds(thresholds, reads).get(name, 0.0)
    result = {'threshold': threshold,
              **_measure_capability([case for case in all_cases if case.capability == name], scores)}
    capabilities[name] = result
    if result['judged_rate'] < threshold and not problem:
      reasons.append(_describe_refusal(name, result))
  return {'blessed': not reasons, 'reason': '; '.join(reasons), 'reasons': reasons,
          'limits': _limits(capabilities, reads), 'domain': domain.dict(exclude={'templates'}),
          'capabilities': capabilities}


def _limits(capabilities: Mapping[str, Any], reads: str) -> list[str]:
  """Return what a reader of the scores should know: whatever thresholds were set, the default ones are not met."""
  limits = [cases_lib.LIMIT_OF_COUNTING] if reads == 'none' else []
  for name in cases_lib.READING:
    default, result = cases_lib.DEFAULT_THRESHOLDS[name], capabilities.get(name)
    if result and result['judged_rate'] < default:
      limits.append(f'{name}: {result["judged_rate"]:.0%} of the cases pass; by default, {default:.0%} are required')
  return limits


def _measure_capability(cases: Sequence[cases_lib.Case], scores: Mapping[str, float]) -> dict[str, Any]:
  tests: dict[str, Any] = {}
  for test in dict.fromkeys(case.test for case in cases):
    chosen = [case for case in cases if case.test == test]
    failed = [case for case in chosen if not case.passes(_scores_of(case, scores))]
    tests[test] = {**_pass_rate(len(chosen), len(failed)), 'failures': [_failure(case, scores) for case in failed]}
  result = _pass_rate(len(cases), sum(len(part['failures']) for part in tests.values()))
  judged = tests.values() if cases[0].capability in cases_lib.JUDGED_BY_TEST else [result]
  return {**result, 'judged_rate': min(part['pass_rate'] for part in judged), 'tests': tests}


def _describe_refusal(capability: str, result: Mapping[str, Any]) -> str:
  """Return why a capability refuses the model, and what to do, as one line."""
  tests, part = result['tests'], result
  if capability in cases_lib.JUDGED_BY_TEST:
    test = min(tests, key=lambda name: tests[name]['pass_rate'])
    capability_and_test, part, tests = f'{capability}, {test}', tests[test], {test: tests[test]}
  else:
    capability_and_test = capability
  advice = f'train a better model, or --set min_{capability}={math.floor(100 * part["pass_rate"]) / 100:g}'
  if capability in cases_lib.READING:
    advice += ', or --set reads=none for a model that counts words'
  first = next(failure for each in tests.values() for failure in each['failures'])
  return (f'{capability_and_test}: {part["passed"]} of {part["count"]} cases pass ({part["pass_rate"]:.1%}), the '
          f'threshold is {result["threshold"]:.1%}: {advice}; the first failure: {describe_failure(first)}')


def _pass_rate(count: int, failed: int) -> dict[str, Any]:
  passed = count - failed
  return {'count': count, 'passed': passed, 'pass_rate': passed / count,
          'interval': list(intervals.wilson_interval(passed, count))}


def _scores_of(case: cases_lib.Case, scores: Mapping[str, float]) -> list[float]:
  return [scores[text] for text in case.texts]


def _failure(case: cases_lib.Case, scores: Mapping[str, float]) -> dict[str, Any]:
  finite = [score if math.isfinite(score) else None for score in _scores_of(case, scores)]
  return {'texts': list(case.texts), 'scores': finite, 'expected': case.expected}


def describe_failure(failure: Mapping[str, Any]) -> str:
  """Return a failed case of a report in one line: line breaks are escaped, and a long text lacks its middle."""
  scored = [f'{_SHORT_REPR.repr(text)} scores {math.nan if score is None else score:.3f}'
            for text, score in zip(failure['texts'], failure['scores'])]
  return f'{", then ".join(scored)}, expected {failure["expected"]}'
