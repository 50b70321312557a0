"""The line for the terminal: the threshold, and whether it reaches its target."""

from components.common import progress_line


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  threshold, target = execution.value('decision', 'threshold'), execution.value('decision', 'target')
  if execution.value('decision', 'reached'):
    return progress_line.Description(f'positive above {threshold:.4g}, chosen on eval for {target}')
  return progress_line.Description(
      f'no threshold reaches {target} on eval: {threshold:g} is kept; choose a lower target', warning=True)
