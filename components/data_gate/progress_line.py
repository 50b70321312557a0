"""The line for the terminal: that the data passed, and how it has drifted."""

from components.common import progress_line


def drift(execution: progress_line.Execution) -> str:
  """Return how train has drifted from the previous data beyond the schema's thresholds; empty if it has not."""
  return execution.value('blessing', 'drift') or ''


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  found = drift(execution)
  if not found:
    return progress_line.Description('data checks passed')
  return progress_line.Description(f'data checks passed; WARNING: drift from the previous data: {found}', warning=True)
