"""Runs on several Beam workers: of a job service and a worker pool over gRPC, as Flink's, and of one machine."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

import pytest

from pipeline.engines import processes as processes_lib
from pipeline.results import metadata
from tests import forks
from tests.e2e import pipeline_runs
from tests.e2e import same_results

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def _service(module, log, flag):
  """Run a module of Beam's that listens on a port; gives HOST:PORT."""
  port = processes_lib.free_port()
  python = forks.interpreter().executable
  environment = {**os.environ, 'PYTHONPATH': str(pipeline_runs.PROJECT),
                 'PATH': f'{pathlib.Path(python).parent}{os.pathsep}{os.environ["PATH"]}'}
  with log.open('wb') as output:
    process = subprocess.Popen([python, '-m', module, f'{flag}={port}'], env=environment, stdout=output,
                               stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
  try:
    for _ in range(600):
      assert process.poll() is None, log.read_text()
      with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
        break
      time.sleep(0.1)
    yield f'127.0.0.1:{port}'
  finally:
    process.terminate()
    process.wait(30)


def _run(undisturbed, output_dir, *flags):
  """A run like the undisturbed one, which has one process, with more flags."""
  pipeline_runs.run(pipeline_runs.PROJECT, *undisturbed.flags, '--output-dir', output_dir, *flags, check=None)
  return metadata.Store(str(output_dir))


def test_workers_elsewhere_give_what_one_process_gives(undisturbed, tmp_path):
  reviews = dict(zip(undisturbed.flags, undisturbed.flags[1:]))['--data'] / '0.jsonl.gz'
  with _service('apache_beam.runners.portability.local_job_service_main', tmp_path / 'jobs.log', '--port') as jobs:
    with _service('apache_beam.runners.worker.worker_pool_main', tmp_path / 'pool.log', '--service_port') as pool:
      flags = ['--beam', 'portable', f'--beam-arg=--job_endpoint={jobs}', '--beam-arg=--environment_type=EXTERNAL',
               f'--beam-arg=--environment_config={pool}']
      portable = _run(undisturbed, tmp_path / 'portable', *flags)
      scores = same_results.scores(portable, reviews, tmp_path / 'scored by workers', '--batch', *flags)
  started = (tmp_path / 'pool.log').read_text().count('Starting worker with command')
  assert started >= 5  # ExampleGen, StatisticsGen, Transform, Evaluator and BulkInferrer at least
  direct = metadata.Store(str(undisturbed.output_dir))
  same_results.assert_same(portable, direct)
  here = same_results.scores(direct, reviews, tmp_path / 'scored here')
  assert scores == pytest.approx(here, abs=1e-6)


def test_several_processes_give_what_one_gives(undisturbed, tmp_path):
  flags = '--beam', 'multiprocess', '--beam-arg=--direct_num_workers=2'
  store = _run(undisturbed, tmp_path / 'output', *flags)
  same_results.assert_same(store, metadata.Store(str(undisturbed.output_dir)))
