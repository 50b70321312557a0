"""Asks a busy server again, when it says or after longer and longer pauses. Needs the standard library only."""

import datetime
import email.message
import email.utils
import time
from typing import Callable, Optional, TypeVar

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10  # between two requests to a server that does not say when to come again
_PATIENCE_S = 120
_Answer = TypeVar('_Answer')


def ask_until_free(ask: Callable[[], _Answer], requested_pause: Callable[[Exception], Optional[float]]) -> _Answer:
  """Return an answer.

  Args:
    ask: sends the request, and returns the answer.
    requested_pause: the seconds that an error of `ask` asks to wait for, 0 if it does not say; None for an error that
      does not mean that the server is busy.

  Returns:
    What `ask` returns.

  Raises:
    Exception: that of `ask`, if the server is not busy, or still busy after two minutes.
  """
  pause, end = _FIRST_PAUSE_S, time.monotonic() + _PATIENCE_S
  while True:
    try:
      return ask()
    except Exception as error:  # pylint: disable=broad-except
      requested = requested_pause(error)
      wait = max(pause, requested or 0)
      if requested is None or time.monotonic() + wait > end:
        raise
    time.sleep(wait)
    pause = min(2 * pause, _LONGEST_PAUSE_S)


def retry_after(headers: email.message.Message) -> float:
  """Return the seconds that an HTTP answer's Retry-After asks to wait for; 0 without it."""
  value = headers.get('Retry-After', '').strip()
  if value.isdecimal():
    return float(value)
  try:
    date = email.utils.parsedate_to_datetime(value)
    return max(0.0, (date - datetime.datetime.now(date.tzinfo)).total_seconds())
  except (TypeError, ValueError):
    return 0.0
