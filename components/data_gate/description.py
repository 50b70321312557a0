"""The line for the terminal: that the data passed, and how it has drifted."""

from components.common import description


def drift(execution: description.Execution) -> str:
  """Return how train has drifted from the previous data beyond the schema's thresholds; empty if it has not."""
  return execution.value('blessing', 'drift') or ''


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  found = drift(execution)
  if not found:
    return description.Description('data checks passed')
  return description.Description(f'data checks passed; WARNING: drift from the previous data: {found}', warning=True)
