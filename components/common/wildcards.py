"""Characters in paths that TensorFlow and TFX take for patterns. Needs the standard library only."""

import contextlib
import os
import tempfile
from typing import Iterator

CHARACTERS = frozenset('*?[]')


def refuse(path: str, name: str) -> None:
  """Raise ValueError if a path has characters that TFX takes as wildcards.

  Args:
    path: the path.
    name: the flag or variable that holds it, for the message.
  """
  if CHARACTERS & set(path):
    raise ValueError(f'{name} {path}: TFX takes *, ?, [ and ] as wildcards; choose a path without them')


@contextlib.contextmanager
def plain_path(path: str) -> Iterator[str]:
  """Give a file or directory a path without wildcards, by a temporary link if it has some.

  Args:
    path: the path; whatever is opened by the result may stay open.

  Yields:
    The path for the block.

  Raises:
    ValueError: the directory for temporary files has wildcards, too.
  """
  if not CHARACTERS & set(path):
    yield path
    return
  refuse(tempfile.gettempdir(), 'TMPDIR')
  with tempfile.TemporaryDirectory() as directory:
    link = os.path.join(directory, 'link')
    os.symlink(os.path.abspath(path), link)
    yield link
