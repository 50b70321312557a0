"""Allows one run at a time in an output directory, because two would write to one metadata store."""

import contextlib
import fcntl
import os
import sys
import time
from typing import Iterator, TextIO

_NAME = 'run.lock'


def path(output_dir: str) -> str:
  """Return the path of the lock file."""
  return os.path.join(output_dir, _NAME)


def _holder(file: TextIO) -> str:
  """Return what the run that holds the lock wrote of itself; it writes just after it has the lock, maybe not yet."""
  for _ in range(20):
    time.sleep(0.1)
    file.seek(0)
    if text := file.read().strip():
      return text
  return 'which has just started'


@contextlib.contextmanager
def hold(output_dir: str) -> Iterator[None]:
  """Hold the lock of an output directory; the system releases it however the process ends.

  Args:
    output_dir: created if it does not exist.

  Yields:
    Nothing.

  Raises:
    ValueError: another process holds the lock; the message names the process.
    OSError: the directory cannot be written.
  """
  os.makedirs(output_dir, exist_ok=True)
  with open(path(output_dir), 'a+', encoding='utf-8') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
      raise ValueError(f'{output_dir} is in use by another run ({_holder(file)}): wait for it to end, or choose '
                       'another --output-dir') from error
    file.truncate(0)
    file.write(f'process {os.getpid()}, since {time.strftime("%H:%M:%S")}: {" ".join(sys.argv)}')
    file.flush()
    yield
