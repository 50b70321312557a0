"""The limit of glibc's arenas of memory."""

import platform
import subprocess
import sys

import pytest

# Prints how many arenas 8 threads get that exist, and allocate, at the same time.
_PROGRAM = '''
import ctypes, sys, threading
from serving.server import arenas
if sys.argv[1] != 'none':
  arenas.limit(int(sys.argv[1]))
barrier = threading.Barrier(8)
libc = ctypes.CDLL('libc.so.6')
def allocate():
  barrier.wait()
  libc.malloc(100)
  barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b'/dev/stdout', b'w'))
libc.malloc_info(0, file)
libc.fclose(file)
'''


def _count(limit):
  return subprocess.run([sys.executable, '-c', _PROGRAM, limit], check=True, text=True,
                        stdout=subprocess.PIPE).stdout.count('<heap nr=')


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='another C library')
def test_threads_share_arenas():
  assert _count('none') > 3
  assert _count('3') <= 3
