"""Engines in Java on this machine: the command of their processes, and Beam's job server."""

import pathlib
from typing import Any, Sequence

from pipeline.engines import parts
from pipeline.engines import processes as processes_lib

HOST = '127.0.0.1'
# Packages that the engines' own scripts open, from Java 17 on.
_OPENED = ('java.lang', 'java.lang.invoke', 'java.lang.reflect', 'java.io', 'java.net', 'java.nio', 'java.text',
           'java.time', 'java.util', 'java.util.concurrent', 'java.util.concurrent.atomic',
           'java.util.concurrent.locks', 'sun.nio.ch')
# Short jobs end before compiling code for the second time would pay. Without memory, a process ends: where it goes on
# without the thread that asked for it, the job hangs.
OPTIONS = ('-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError')
JOB_SERVER = 'jobserver'


def command(part: pathlib.Path, directory: pathlib.Path) -> list[object]:
  """Return the words that start Java, before its options and the class.

  Args:
    part: directory of the engine's jars.
    directory: for temporary files.
  """
  return ['java', *OPTIONS, '-Dorg.slf4j.simpleLogger.showDateTime=true',
          '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
          *(f'--add-opens=java.base/{package}=ALL-UNNAMED' for package in _OPENED), f'-Djava.io.tmpdir={directory}',
          '-cp', f'{part / parts.Jars.directory}/*']


class JobServer:
  """Beam's job server of an engine.

  Args:
    processes: where to start it.
    words: the command, up to the flag with the engine's address.
    **options: of Processes.start.
  """

  def __init__(self, processes: processes_lib.Processes, words: Sequence[object], **options: Any):
    self._processes, self._port = processes, processes_lib.free_port()
    processes.start(JOB_SERVER, [
        *words, f'--job-host={HOST}', f'--job-port={self._port}', '--artifact-port=0', '--expansion-port=0',
        f'--artifacts-dir={processes.directory / "artifacts"}'], **options)

  def endpoint(self) -> str:
    """Wait until it listens; return HOST:PORT. Raises processes.EngineError if it did not start."""
    self._processes.wait_for_port(JOB_SERVER, self._port)
    return f'{HOST}:{self._port}'
