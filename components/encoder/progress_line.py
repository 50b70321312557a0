"""The line for the terminal: which encoder it is, and what becomes of it."""

from components.common import progress_line


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  return progress_line.Description(str(execution.value('encoder', 'description')))
