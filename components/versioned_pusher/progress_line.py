"""The line for the terminal: where the model was pushed, or why it was not."""

import os
import shlex
from typing import Optional

from components.common import progress_line
from components.versioned_pusher import push_and_rollback


def pushed_path(execution: progress_line.Execution) -> Optional[str]:
  """Return the directory of the version that was pushed; None if none was."""
  if not execution.value('pushed_model', 'pushed'):
    return None
  return execution.value('pushed_model', 'pushed_destination')


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  path = pushed_path(execution)
  if path and push_and_rollback.is_private(path):
    directory = shlex.quote(os.path.dirname(path))
    return progress_line.Description(
        f'{path}, which only its owner can read (umask): for a server of another user, chmod -R go+rX {directory}, and '
        'chmod go+x the directories above', warning=True)
  if path:
    return progress_line.Description(path)
  outcome = describe_no_push(execution.properties['destination'])
  return progress_line.Description(f'{outcome}: {execution.value("pushed_model", "reason")}', warning=True)


def describe_no_push(destination: str) -> str:
  """Return that a model was not pushed, and which version is live.

  Args:
    destination: the directory that servers watch.
  """
  return f'Not pushed; {describe_live(destination)}'


def describe_live(destination: str) -> str:
  """Return which version is live although another model was not pushed."""
  newest = push_and_rollback.newest_version(destination)
  return f'version {newest.number} is still live' if newest else 'no version is live'
