"""The line for the terminal: the pass rate of each capability."""

from components.behaviour_validator import cases
from components.common import progress_line


def pass_rates(execution: progress_line.Execution) -> dict[str, float]:
  """Return the share of the behaviour tests passed, 0 to 1, by capability that the domain tests."""
  rates = {name: execution.value('report', name) for name in cases.CAPABILITIES}
  return {name: rate for name, rate in rates.items() if rate is not None}


def refusals(execution: progress_line.Execution) -> list[str]:
  """Return which thresholds the model does not meet; empty if it meets all."""
  if execution.value('report', 'blessed'):
    return []
  return str(execution.value('report', 'reason') or 'refused by BehaviourValidator').splitlines()


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  rates = ', '.join(f'{name.replace("_", " ")} {rate:.0%}' for name, rate in pass_rates(execution).items())
  rates = rates or f'no tests in the domain {execution.value("report", "domain")}'
  reasons = refusals(execution)
  if not reasons:
    return progress_line.Description(rates)
  return progress_line.Description(f'REFUSED: {progress_line.first_of(reasons)}; {rates}', warning=True)
