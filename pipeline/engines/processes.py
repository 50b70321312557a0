"""The processes of an engine: started on loopback, and stopped with this process, whatever happens to it."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import Callable, Mapping, Optional, Sequence, TypeVar

_START_SECONDS = 300  # some seconds, but a busy machine takes longer
_STOP_SECONDS = 10
_PORTS = range(10_000, 30_000)  # systems give any port from 32,768 on, or 49,152
_Result = TypeVar('_Result')


class EngineError(Exception):
  """An engine could not be started; the message says why."""


class Processes:
  """Processes that belong together, in the order of their start.

  Args:
    directory: for their logs.
  """

  def __init__(self, directory: pathlib.Path):
    self.directory = directory
    self._processes: dict[str, subprocess.Popen] = {}
    # The kernel stops a process whose parent was killed, which cannot stop it any more.
    self._prefix = ['setpriv', '--pdeathsig', 'KILL'] if shutil.which('setpriv') else []

  def start(self, name: str, command: Sequence[object], environment: Optional[Mapping[str, str]] = None) -> None:
    """Start a process.

    Args:
      name: of the process and its log.
      command: its words.
      environment: variables to add to those of this process.
    """
    with self.log(name).open('ab') as log:
      self._processes[name] = subprocess.Popen(
          [*self._prefix, *(str(word) for word in command)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
          env={**os.environ, **(environment or {})}, cwd=self.directory, start_new_session=True)

  def wait_for_port(self, name: str, port: int) -> None:
    """Wait until a process listens on a port of 127.0.0.1.

    Args:
      name: of the process.
      port: the port.

    Raises:
      EngineError: it took too long, or one of the processes has ended: they need each other.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
      with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
        return
      self.check()
      time.sleep(0.1)
    raise EngineError(f'{name} did not listen on port {port} within {_START_SECONDS} s; its log is {self.log(name)}')

  def wait_for_line(self, name: str, words: str) -> None:
    """Wait until the log of a process has some words; raises EngineError as `wait_for_port` does."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
      if words in self.log(name).read_text(encoding='utf-8', errors='replace'):
        return
      self.check()
      time.sleep(0.1)
    raise EngineError(f'{name} did not start within {_START_SECONDS} s; its log is {self.log(name)}')

  def check(self) -> None:
    """Raise EngineError if one of the processes has ended, with the last cause in its log, or else its last line."""
    for name, process in self._processes.items():
      if process.poll() is not None:
        lines = self.log(name).read_text(encoding='utf-8', errors='replace').splitlines() or ['']
        causes = [line for line in lines if line.startswith('Caused by: ')]  # as Java writes it
        raise EngineError(f'{name} ended: {(causes or lines)[-1]}; its log is {self.log(name)}')

  def wait_beside(self, needed: Sequence[Sequence[str]], wait_for_job: Callable[[], _Result]) -> _Result:
    """Wait for a job as long as it has what it needs: without workers, Spark would wait for others for ever.

    Args:
      needed: groups of names of processes: the job cannot do without one of each group.
      wait_for_job: waits until the job has ended, or raises an error if its service has.

    Returns:
      What `wait_for_job` returns.

    Raises:
      EngineError: all processes of a group have ended.
      Exception: that of `wait_for_job`.
    """
    done = threading.Event()
    ended: list[str] = []

    def find_ended():
      groups = [group for group in needed if all(self._processes[name].poll() is not None for name in group)]
      return [name for group in groups for name in group]

    def stop_without_needed():
      while not done.wait(1):
        if find_ended():
          ended.extend(find_ended())  # before the others are stopped
          self.stop()
          return

    watcher = threading.Thread(target=stop_without_needed, daemon=True)
    watcher.start()
    error: Optional[Exception] = None
    try:
      result = wait_for_job()
    except Exception as raised:  # pylint: disable=broad-exception-caught
      error = raised
    finally:
      done.set()
      watcher.join()
    if names := ended or find_ended():  # also of a job that ended before this was noticed
      raise EngineError(f'processes of the engine have ended ({", ".join(names)}), perhaps for want of memory: run '
                        'the same command again') from error
    if error:
      raise error
    return result

  def log(self, name: str) -> pathlib.Path:
    """Return the path of the log of a process."""
    return self.directory / f'{name}.log'

  def pid(self, name: str) -> int:
    """Return the process id."""
    return self._processes[name].pid

  def stop(self) -> None:
    """Stop all processes and what they have started, the latest first."""
    running = [process for process in reversed(self._processes.values()) if process.poll() is None]
    for process in running:
      with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for process in reversed(self._processes.values()):
      with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.1, deadline - time.monotonic()))
      with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # also others of its group
      process.wait()


def free_port() -> int:
  """Return a free port of 127.0.0.1, from below those that the system gives to processes that ask for any port.

  An engine's processes ask for such ports: Flink's JobManager once got, for its files, the port meant for its service.
  """
  for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):  # others may seed random alike
    with contextlib.suppress(OSError), socket.socket() as listener:
      listener.bind(('127.0.0.1', port))
      return port
  raise EngineError(f'no port from {_PORTS.start} to {_PORTS.stop - 1} is free')
