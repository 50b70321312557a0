"""Ctrl-C ends a run wherever it comes: also where a library swallows KeyboardInterrupt, or makes another error of it."""

import signal

_came = False


def watch() -> None:
  """From now on SIGINT and SIGTERM raise KeyboardInterrupt, and `check` knows of them.

  SIGINT too: what a script starts in the background inherits that it is ignored, and Python leaves it so.
  """
  global _came
  _came = False
  for number in signal.SIGINT, signal.SIGTERM:
    signal.signal(number, _interrupt)


def check() -> None:
  """Raises KeyboardInterrupt if the process was to be interrupted; to be asked wherever a run can end."""
  if _came:
    raise KeyboardInterrupt


def _interrupt(*unused):
  global _came
  _came = True
  raise KeyboardInterrupt
