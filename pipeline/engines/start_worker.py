"""`python -I -S start_worker.py SOCKET --id=ID --provision_endpoint=HOST:PORT`: a worker, as engines start and stop it.

The worker itself is a fork of pipeline/engines/worker.py: this process ends with it, and it with this process. A script
without imports that take time.
"""

import os
import socket
import sys
import time


def main(path: str, *flags: str) -> int:
  """Ask for a worker, and wait until it ends, or the engine.

  Args:
    path: of the socket.
    *flags: of Beam's contract with PROCESS environments.

  Returns:
    The exit code: 0, since the engine knows from its own connection to the worker what became of it.
  """
  values = dict(flag.removeprefix('--').split('=', 1) for flag in flags)
  os.chdir(os.path.dirname(path))  # a socket has at most 107 characters
  engine = os.getppid()
  with socket.socket(socket.AF_UNIX) as connection:
    while connection.connect_ex(os.path.basename(path)) and os.getppid() == engine:
      time.sleep(.1)  # the socket comes with the other process
    worker_id = values['id'].strip("'")  # Prism quotes it
    connection.sendall(f'{worker_id} {values["provision_endpoint"]}\n'.encode())
    connection.settimeout(1)
    while os.getppid() == engine:  # an engine that was killed stops no worker
      try:
        if not connection.recv(1):
          break
      except socket.timeout:
        continue
  return 0


if __name__ == '__main__':
  sys.exit(main(*sys.argv[1:]))
