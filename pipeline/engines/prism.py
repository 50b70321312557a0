"""Prism, Beam's own engine in one process, as a job server on this machine."""

import pathlib

from pipeline.engines import processes as processes_lib

NAME = 'prism'
NEEDED = ((NAME,),)  # groups of processes: a job cannot do without one of each


def start(part: pathlib.Path, processes: processes_lib.Processes) -> str:
  """Start Prism.

  Args:
    part: directory of its program.
    processes: where to start it.

  Returns:
    HOST:PORT of its job service.

  Raises:
    processes.EngineError: it did not start.
  """
  port = processes_lib.free_port()
  processes.start(NAME, [part / 'prism', f'--job_port={port}', '--serve_http=false'])
  processes.wait_for_port(NAME, port)
  return f'localhost:{port}'
