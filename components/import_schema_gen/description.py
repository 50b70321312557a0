"""The line for the terminal: which schema the data is checked against."""

from components.common import description


def describe(unused_execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  return description.Description('curated: pipeline/schema/schema.pbtxt')
