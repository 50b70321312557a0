"""Makes Ctrl-C end a run at any moment, even if a library swallows KeyboardInterrupt or raises another error."""

import signal

_is_interrupted = False


def watch() -> None:
  """Make SIGINT and SIGTERM raise KeyboardInterrupt, and be remembered for `check`.

  SIGINT is set too: a process that a script starts in the background ignores it by inheritance, and Python does not
  change that.
  """
  global _is_interrupted
  _is_interrupted = False
  for number in signal.SIGINT, signal.SIGTERM:
    signal.signal(number, _interrupt)


def check() -> None:
  """Raise KeyboardInterrupt if a signal arrived since `watch`; call it wherever a run can end."""
  if _is_interrupted:
    raise KeyboardInterrupt


def _interrupt(*unused):
  global _is_interrupted
  _is_interrupted = True
  raise KeyboardInterrupt
