"""The versions of a model in a directory, as TensorFlow Serving sees them. Needs the standard library only."""

import os
import pathlib

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
