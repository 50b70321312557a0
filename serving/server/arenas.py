"""Fewer of glibc's arenas of memory, for a process whose threads free what others will need.

glibc gives each thread an arena of its own, up to eight for each core, and keeps in it what the thread has freed.
TensorFlow's numbers of one text are then not reused for the next one on another thread: with the encoder, the server
needs some 50 MB more. The variable MALLOC_ARENA_MAX does the same, but only if it is set before the process starts.
"""

import contextlib
import ctypes

_M_ARENA_MAX = -8  # in malloc.h


def limit(count: int) -> None:
  """Limit the number of arenas that this process creates from now on; without glibc, nothing happens.

  Args:
    count: number of arenas.
  """
  with contextlib.suppress(OSError, AttributeError):
    ctypes.CDLL('libc.so.6').mallopt(_M_ARENA_MAX, count)
