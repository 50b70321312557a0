"""Keeps the terminal calm: what libraries print goes to a log file, what the user needs to the terminal."""

import contextlib
import faulthandler
import logging
import os
import sys
import tempfile
from typing import Iterator, TextIO

from absl import logging as absl_logging
import rich.console

_ODD = 'backslashreplace'  # file names may hold bytes that are no UTF-8
# What is shown has names of files in it, which must come out as they are.
_PLAIN = {'highlight': False, 'soft_wrap': True, 'markup': False, 'emoji': False}
_FORMAT = '%(asctime)s %(levelname)s %(name)s: %(message)s'


@contextlib.contextmanager
def _redirected(target: int) -> Iterator[TextIO]:
  """Sends stdout and stderr, of C++ code too, to a file descriptor; yields what writes to the former stdout."""
  sys.stdout.flush()
  sys.stderr.flush()
  saved = os.dup(1), os.dup(2)
  terminal = os.fdopen(os.dup(1), 'w', encoding='utf-8', errors=_ODD, buffering=1)
  for stream in (1, 2):
    os.dup2(target, stream)
  faulthandler.enable(terminal)  # a crash in C++ code still shows
  try:
    yield terminal
  finally:
    sys.stdout.flush()
    sys.stderr.flush()
    faulthandler.disable()
    for stream, original in zip((1, 2), saved):
      os.dup2(original, stream)
      os.close(original)
    terminal.close()


@contextlib.contextmanager
def held_back() -> Iterator[list[str]]:
  """Keeps what libraries print, before there is a log file; the lines are in the list in the end."""
  lines = []
  with tempfile.TemporaryFile('w+', errors=_ODD) as file:
    try:
      with _redirected(file.fileno()):
        yield lines
    finally:
      file.seek(0)
      lines += file.read().splitlines()


@contextlib.contextmanager
def quiet(log_path: str, verbose: bool) -> Iterator[rich.console.Console]:
  """Sends stdout and stderr, of C++ code too, to the log file.

  Args:
    log_path: the file; its directory is made.
    verbose: leave stdout and stderr alone, and show the log on stderr as well.

  Yields:
    The console on which to talk to the user.
  """
  os.makedirs(os.path.dirname(log_path), exist_ok=True)
  handlers = [logging.FileHandler(log_path, encoding='utf-8', errors=_ODD)]
  handlers += [logging.StreamHandler()] if verbose else []
  logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=handlers, force=True)
  absl_logging.set_verbosity(absl_logging.INFO)  # TFX's; a level set on its logger alone would not last
  logging.captureWarnings(True)
  if verbose:
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '0')
    sys.stdout.reconfigure(errors=_ODD)
    yield rich.console.Console(**_PLAIN)
    return
  with open(log_path, 'ab') as log, _redirected(log.fileno()) as terminal:
    yield rich.console.Console(file=terminal, **_PLAIN)
