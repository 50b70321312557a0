"""The line for the terminal: where the model was pushed, or why it was not."""

from typing import Optional

from components.common import description
from components.versioned_pusher import versions


def pushed_path(execution: description.Execution) -> Optional[str]:
  """Return the directory of the version that was pushed; None if none was."""
  if not execution.value('pushed_model', 'pushed'):
    return None
  return execution.value('pushed_model', 'pushed_destination')


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  path = pushed_path(execution)
  if path:
    return description.Description(path)
  outcome = describe_no_push(execution.properties['destination'])
  return description.Description(f'{outcome}: {execution.value("pushed_model", "reason")}', warning=True)


def describe_no_push(destination: str) -> str:
  """Return that a model was not pushed, and which version is live.

  Args:
    destination: the directory that servers watch.
  """
  newest = versions.newest_version(destination)
  return f'Not pushed; {f"version {newest.number} is still live" if newest else "no version is live"}'
