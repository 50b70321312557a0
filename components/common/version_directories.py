"""The versions of a model in a directory, as TensorFlow Serving sees them. Needs the standard library only."""

import os
import pathlib

_SAVED_MODEL = 'saved_model.pb'
_MAX_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64


def version_directories(directory: str | os.PathLike[str]) -> dict[int, pathlib.Path]:
  """List the versions of a model.

  Args:
    directory: path of the directory that holds a directory for each version. It need not exist.

  Returns:
    {version: path of its directory} in ascending order of the versions. A version is a directory whose name consists of
    ASCII digits and fits an int64; everything else is ignored.

  Raises:
    OSError: the directory cannot be read.
  """
  top = pathlib.Path(directory)
  if not top.is_dir():
    return {}
  versions = {}
  for path in sorted(top.iterdir()):
    name = path.name
    if name.isascii() and name.isdecimal() and int(name) <= _MAX_VERSION and path.is_dir():
      versions[int(name)] = path
  return dict(sorted(versions.items()))


def describe_none(directory: str | os.PathLike[str]) -> str:
  """Return why a directory has no versions, and what to do.

  Args:
    directory: where `version_directories` found none.
  """
  top = pathlib.Path(os.path.abspath(directory))
  if (top / _SAVED_MODEL).exists():
    return f'this is itself a version: name the directory above, {top.parent}'
  if not top.is_dir():
    return 'no such directory: run local_runner.py first, or name the directory of the versions'
  nested = next(filter(version_directories, (top / 'serving' / 'sentiment', top / 'sentiment')), None)
  if nested:
    return f'no versions were pushed here, but to {nested}: name that directory'
  return 'no versions were pushed here: run local_runner.py first, or name the directory of the versions'
