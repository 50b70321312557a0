"""Keeps the terminal calm: what libraries print goes to a log file, what the user needs to the terminal."""

import contextlib
import faulthandler
import logging
import os
import sys
from typing import Iterator

from absl import logging as absl_logging
import rich.console

_ODD = 'backslashreplace'  # file names may hold bytes that are no UTF-8
# What is shown has names of files in it, which must come out as they are.
_PLAIN = {'highlight': False, 'soft_wrap': True, 'markup': False, 'emoji': False}
_FORMAT = '%(asctime)s %(levelname)s %(name)s: %(message)s'


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
  sys.stdout.flush()
  sys.stderr.flush()
  saved = os.dup(1), os.dup(2)
  terminal = os.fdopen(os.dup(1), 'w', encoding='utf-8', errors=_ODD, buffering=1)
  log = os.open(log_path, os.O_WRONLY | os.O_APPEND)
  for stream in (1, 2):
    os.dup2(log, stream)
  faulthandler.enable(terminal)  # a crash in C++ code still shows
  try:
    yield rich.console.Console(file=terminal, **_PLAIN)
  finally:
    sys.stdout.flush()
    sys.stderr.flush()
    faulthandler.disable()
    for stream, original in zip((1, 2), saved):
      os.dup2(original, stream)
      os.close(original)
    os.close(log)
    terminal.close()
