"""What the terminal says: a line with the pass rate of each capability, and the rows of the summary."""

import json
import os
from typing import Any, Mapping

from components.behaviour_validator import cases
from components.behaviour_validator import results
from components.common import progress_line


def pass_rates(execution: progress_line.Execution) -> dict[str, float]:
  """Return the pass rate that is compared with the threshold, 0 to 1, by capability that the domain tests."""
  rates = {name: execution.value('report', name) for name in cases.CAPABILITIES}
  return {name: rate for name, rate in rates.items() if rate is not None}


def refusals(execution: progress_line.Execution) -> list[str]:
  """Return which thresholds the model does not meet; empty if it meets all."""
  if execution.value('report', 'blessed'):
    return []
  return str(execution.value('report', 'reason') or 'refused by BehaviourValidator').splitlines()


def limits(execution: progress_line.Execution) -> list[str]:
  """Return what the model cannot do, although it may be blessed; models of earlier versions have none recorded."""
  return str(execution.value('report', 'limits') or '').splitlines()


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  rates = ', '.join(f'{name.replace("_", " ")} {rate:.0%}' for name, rate in pass_rates(execution).items())
  rates = rates or f'no tests in the domain {execution.value("report", "domain")}'
  reasons = refusals(execution)
  if not reasons:
    found = limits(execution)
    return progress_line.Description(f'LIMIT: {found[0]}; {rates}' if found else rates, warning=bool(found))
  return progress_line.Description(f'REFUSED: {progress_line.first_of(reasons)}; {rates}', warning=True)


def load_report(execution: progress_line.Execution) -> dict[str, Any]:
  """Return the content of report.json."""
  with open(os.path.join(execution.uri('report'), results.REPORT_FILE), encoding='utf-8') as file:
    return json.load(file)


def describe_capability(name: str, result: Mapping[str, Any], threshold: str) -> str:
  """Return the pass rates of a capability and of its tests, with their 95 % intervals, as one line.

  Args:
    name: of the capability.
    result: of the capability, from report.json.
    threshold: what to say of the threshold.
  """
  tests = ', '.join(f'{test} {_rate(part)}' for test, part in result['tests'].items())
  return f'{name.replace("_", " ")} {_rate(result)}, {threshold}: {tests}'


def _rate(part):
  low, high = (100 * bound for bound in part['interval'])
  return f'{part["pass_rate"]:.0%} ({low:.0f}-{high:.0f})'


def first_failures(report: Mapping[str, Any], count: int) -> list[str]:
  """Return the first failing case of each of the tests with the lowest pass rates, one line each.

  Args:
    report: the content of report.json.
    count: number of tests, at most.
  """
  failed = [(part['pass_rate'], f'{name.replace("_", " ")}, {test}: {results.describe_failure(part["failures"][0])}')
            for name, result in report['capabilities'].items() for test, part in result['tests'].items()
            if part['failures']]
  return [line for _, line in sorted(failed)[:count]]
