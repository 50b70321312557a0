"""Output of a run: what libraries print goes to a log file, what the user needs goes to the terminal."""

import contextlib
import faulthandler
import io
import logging
import os
import sys
import tempfile
from typing import Iterator, Optional, TextIO

from absl import logging as absl_logging
import rich.console

_ON_ENCODING_ERROR = 'backslashreplace'  # file names may hold bytes that are not valid UTF-8
_FORMAT = '%(asctime)s %(levelname)s %(name)s: %(message)s'


@contextlib.contextmanager
def _redirect_output(target: int) -> Iterator[TextIO]:
  """Redirect stdout and stderr, also those of C++ code, to a file descriptor; yields a file on the original stdout."""
  sys.stdout.flush()
  sys.stderr.flush()
  saved = os.dup(1), os.dup(2)
  terminal = os.fdopen(os.dup(1), 'w', encoding='utf-8', errors=_ON_ENCODING_ERROR, buffering=1)
  for stream in (1, 2):
    os.dup2(target, stream)
  faulthandler.enable(terminal)  # so that a crash in C++ code is visible
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
def capture_output() -> Iterator[list[str]]:
  """Capture what libraries print before a log file exists.

  Yields:
    A list that holds the lines once the context has ended.
  """
  lines: list[str] = []
  with tempfile.TemporaryFile('w+', errors=_ON_ENCODING_ERROR) as file:
    try:
      with _redirect_output(file.fileno()):
        yield lines
    finally:
      file.seek(0)
      lines += file.read().splitlines()


@contextlib.contextmanager
def redirect_to_log(log_path: str, verbose: bool) -> Iterator[rich.console.Console]:
  """Redirect stdout and stderr, also those of C++ code, and all logging to a log file.

  Args:
    log_path: the file; its directory is created.
    verbose: leave stdout and stderr alone, and show the log on stderr as well.

  Yields:
    The console for lines to the user.
  """
  os.makedirs(os.path.dirname(log_path), exist_ok=True)
  handlers: list[logging.Handler] = [logging.FileHandler(log_path, encoding='utf-8', errors=_ON_ENCODING_ERROR)]
  if verbose:
    handlers.append(logging.StreamHandler())
  logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=handlers, force=True)
  absl_logging.set_verbosity(absl_logging.INFO)  # TFX resets the level of the logger itself
  logging.captureWarnings(True)
  if verbose:
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '0')
    if isinstance(sys.stdout, io.TextIOWrapper):
      sys.stdout.reconfigure(errors=_ON_ENCODING_ERROR)
    yield _create_console()
    return
  with open(log_path, 'ab') as log, _redirect_output(log.fileno()) as terminal:
    yield _create_console(terminal)


def _create_console(file: Optional[TextIO] = None) -> rich.console.Console:
  """Return a console that shows lines unchanged, because they hold names of files and texts of users."""
  return rich.console.Console(file=file, highlight=False, soft_wrap=True, markup=False, emoji=False)
