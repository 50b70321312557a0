"""Files that appear complete or not at all. Needs the standard library only."""

import contextlib
import os
import pathlib
from typing import Any, Callable, IO, Iterator
import uuid


@contextlib.contextmanager
def write_atomically(path: str | os.PathLike[str], mode: str = 'w', open_file: Callable[..., IO] = open,
                     **settings: Any) -> Iterator[IO]:
  """Open a file that appears under its name when the block ends without an error.

  The content goes to a hidden file in the same directory, which replaces `path` by one rename: a reader, or a crash,
  never sees half of it. After an error `path` is as it was, and the hidden file is removed.

  Args:
    path: the file to write; its directory must exist. A symbolic link is followed.
    mode: as of `open`: 'w' or 'wt' for text, 'wb' for bytes.
    open_file: `open`, or a function with the same parameters, such as `gzip.open`.
    **settings: more arguments for `open_file`; text is UTF-8 unless `encoding` says otherwise.

  Yields:
    The open file.

  Raises:
    OSError: the file cannot be written.
  """
  if 'b' not in mode:
    settings.setdefault('encoding', 'utf-8')
  target = pathlib.Path(os.path.realpath(path))
  # Without the target's own name: that may be as long as the file system allows.
  partial = target.with_name(f'.partial-{uuid.uuid4().hex}')
  try:
    with open_file(partial, mode, **settings) as file:
      yield file
    os.replace(partial, target)
  finally:
    partial.unlink(missing_ok=True)
