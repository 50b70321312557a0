"""The line for the terminal: a run gets there only if its model was pushed."""

from components.common import progress_line


def describe(unused_execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  return progress_line.Description('the model was pushed')
