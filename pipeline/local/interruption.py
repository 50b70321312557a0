"""Makes Ctrl-C end a run at any moment, even if a library swallows KeyboardInterrupt or raises another error."""

from components.common import start_up

_is_interrupted = False


def watch() -> None:
  """Make SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, and be remembered for `check`."""
  global _is_interrupted
  _is_interrupted = False
  start_up.handle_stop_signals(_interrupt)


def check() -> None:
  """Raise KeyboardInterrupt if a signal arrived since `watch`; call it wherever a run can end."""
  if _is_interrupted:
    raise KeyboardInterrupt


def _interrupt(*unused):
  global _is_interrupted
  _is_interrupted = True
  raise KeyboardInterrupt
