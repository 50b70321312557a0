"""The line for the terminal: the versions that the candidate is compared with."""

from components.common import progress_line
from components.versioned_pusher import served_versions


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  baseline, best = (_describe_version(execution, role) for role in served_versions.ROLES)
  if not baseline and not best:
    return progress_line.Description('no other version to compare with')
  text = f'served: {baseline}' if baseline else 'served: none to compare with'
  if best and best != baseline:
    text += f'; best version kept: {best}'
  return progress_line.Description(text)


def _describe_version(execution: progress_line.Execution, role: str) -> str:
  if not execution.value(role, 'path'):
    return ''
  accuracy = execution.value(role, 'accuracy')
  known = [execution.value(role, 'model'), accuracy is not None and f'test accuracy {accuracy:.4f}']
  details = ', '.join(each for each in known if each)
  return f'version {execution.value(role, "version")}' + (f' ({details})' if details else '')
