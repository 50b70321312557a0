"""Beam runners that start an engine on this machine for the first job of a process, and stop it with the process."""

import atexit
import json
import logging
import os
import pathlib
import shlex
import shutil
import sys
import tempfile
import time
from typing import Callable, Sequence, TypeVar

from apache_beam.options import pipeline_options
from apache_beam.runners.portability import job_server
from apache_beam.runners.portability import portable_runner

from pipeline.engines import flink
from pipeline.engines import parts
from pipeline.engines import prism
from pipeline.engines import processes as processes_lib
from pipeline.engines import spark

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_START_WORKER = pathlib.Path(__file__).with_name('start_worker.py')
_WORKERS = 'workers'  # the process that forks them
# What Beam's Java runners say when they cannot reach a worker any more.
_WORKER_LOST = 'CANCELLED: call already cancelled'
_Result = TypeVar('_Result')


class LocalEngine:
  """An engine on this machine, which is started once.

  Args:
    name: of the engine.
    start: starts it; as prism.start.
    needed: groups of names of its processes: a job cannot do without one of each group.
  """

  def __init__(self, name: str, start: Callable[[pathlib.Path, processes_lib.Processes], str],
               needed: Sequence[Sequence[str]]):
    self._name, self._start, self._endpoint = name, start, ''
    self._needed = [*needed, (_WORKERS,)]
    self._directory = pathlib.Path()
    self._processes = processes_lib.Processes(self._directory)
    self._job_failed = False

  def endpoint(self) -> str:
    """Return HOST:PORT of the job service, and start the engine before that if need be."""
    if not self._endpoint:
      begin = time.monotonic()
      self._directory = pathlib.Path(tempfile.mkdtemp(prefix=f'{self._name}-'))
      self._processes = processes = processes_lib.Processes(self._directory)
      atexit.register(self._stop, processes)
      self._start_workers(processes)
      endpoint = self._start(parts.require(self._name), processes)
      processes.wait_for_line(_WORKERS, 'workers can be forked')  # an engine does not wait for long
      self._endpoint = endpoint
      logging.getLogger(__name__).info('%s started in %.1f s, with its logs in %s', self._name,
                                       time.monotonic() - begin, self._directory)
    return self._endpoint

  def wait(self, wait_for_job: Callable[[], _Result]) -> _Result:
    """Wait for a job; see processes.Processes.wait_beside. If the job itself fails, the engine's logs are kept."""
    try:
      return self._processes.wait_beside(self._needed, wait_for_job)
    except processes_lib.EngineError:
      raise
    except Exception as error:
      self._job_failed = True
      logs = f'the logs of its processes are kept in {self._directory}'
      if _WORKER_LOST in str(error):
        raise processes_lib.EngineError(
            f'{self._name} lost a Python worker: run the same command again; {logs}') from error
      logging.getLogger(__name__).error('a job of %s failed; %s', self._name, logs)
      raise

  @property
  def worker_command(self) -> str:
    """The path of a program that starts a Python worker."""
    return str(self._directory / 'worker')

  def _start_workers(self, processes: processes_lib.Processes) -> None:
    """Start the process that forks workers, and write the program that asks it for one."""
    path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get('PYTHONPATH')]))
    processes.start(_WORKERS, [sys.executable, '-m', 'pipeline.engines.worker', 'socket'], {'PYTHONPATH': path})
    command = pathlib.Path(self.worker_command)
    words = shlex.join([sys.executable, '-I', '-S', str(_START_WORKER), str(self._directory / 'socket')])
    command.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding='utf-8')
    command.chmod(0o700)

  def _stop(self, processes: processes_lib.Processes) -> None:
    processes.stop()
    if self._endpoint:  # the logs of an engine that did not start are needed
      # Those of a failed job are, too: they are files, and what is large lies in directories.
      for path in filter(pathlib.Path.is_dir, self._directory.iterdir()) if self._job_failed else [self._directory]:
        shutil.rmtree(path, ignore_errors=True)


class _LocalRunner(portable_runner.PortableRunner):
  """Submits to an engine on this machine; the engine's workers are processes of this Python and this code."""

  ENGINE: LocalEngine

  def default_environment(self, options):
    portable = options.view_as(pipeline_options.PortableOptions)
    portable.job_endpoint = self.ENGINE.endpoint()
    portable.environment_type = 'PROCESS'
    portable.environment_config = json.dumps({'command': self.ENGINE.worker_command})
    return super().default_environment(options)

  def run_pipeline(self, pipeline, options):
    result = super().run_pipeline(pipeline, options)
    wait_for_job = result.wait_until_finish
    result.wait_until_finish = lambda *duration: self.ENGINE.wait(lambda: wait_for_job(*duration))
    return result

  def default_job_server(self, options):
    return job_server.ExternalJobServer(self.ENGINE.endpoint())


class PrismRunner(_LocalRunner):
  """Runs jobs on Prism."""

  ENGINE = LocalEngine(prism.NAME, prism.start, prism.NEEDED)


class FlinkRunner(_LocalRunner):
  """Runs jobs on Flink."""

  ENGINE = LocalEngine(flink.NAME, flink.start, flink.NEEDED)


class SparkRunner(_LocalRunner):
  """Runs jobs on Spark.

  After the loss of a worker, Spark repeats a part of a job, and Beam's random keys are others then: statistics of train
  had no reviews in one such run. So no job goes on without one of its workers.
  """

  ENGINE = LocalEngine(spark.NAME, spark.start, spark.NEEDED)
