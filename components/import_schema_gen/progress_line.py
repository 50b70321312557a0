"""The line for the terminal: which schema the data is checked against."""

from components.common import progress_line


def describe(unused_execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  return progress_line.Description('curated: pipeline/schema/schema.pbtxt')
