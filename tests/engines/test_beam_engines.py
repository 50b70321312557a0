"""The whole pipeline, and batch prediction, on the engines of Beam that --beam starts on this machine.

`make engines ARGS="prism flink spark"` fetches them.
"""

import contextlib
import pathlib
import re
import shutil
import threading
import time

import psutil
import pytest

from pipeline.results import metadata
from pipeline.sources import sample_data
from tests.e2e import pipeline_runs
from tests.e2e import same_results
from tools import engines

pytestmark = pytest.mark.engines


def _require(name):
  if engines.find(name) is None:
    pytest.skip(f'{name} was not fetched: make engines ARGS={name}')


@pytest.fixture(scope='module', name='reviews')
def _reviews(tmp_path_factory):
  directory = tmp_path_factory.mktemp('reviews')
  for seed in range(3):
    sample_data.write_sample(str(directory / f'{seed}.jsonl.gz'), 170, seed)
  return directory


_FLAGS = {  # each engine with two workers
    'prism': ('--beam', 'prism'), 'spark': ('--beam', 'spark'),
    'flink': ('--beam', 'flink', '--beam-arg=--parallelism=2')}


def _start(output_dir, reviews, *flags, check=None, anew=False):
  """What a small run prints."""
  return pipeline_runs.run(
      pipeline_runs.PROJECT, '--data', reviews, '--model', 'bow_sparse', '--train-steps', 40,
      '--set', 'augmentation=0', '--output-dir', output_dir, *flags, check=check, anew=anew)


def _run(output_dir, reviews, *flags, anew=False):
  """What a small run has left."""
  _start(output_dir, reviews, *flags, anew=anew)
  return metadata.Store(str(output_dir))


@pytest.fixture(scope='module', name='direct')
def _direct(reviews, tmp_path_factory):
  """A run in one process, and the scores that its model gives some of the reviews."""
  directory = tmp_path_factory.mktemp('direct')
  store = _run(directory / 'output', reviews)
  return store, same_results.scores(store, reviews / '0.jsonl.gz', directory / 'scored')


class _Observer(threading.Thread):
  """Watches the engine of a run, until it is gone.

  Attributes:
    directory: that of the engine's logs.
    addresses: where its processes have listened.
  """

  def __init__(self, name, output_dir):
    super().__init__(daemon=True)
    self.engine, self.logs, self.directory, self.addresses = name, output_dir / 'logs', None, set()
    self.start()

  def run(self):
    while self.directory is None:
      time.sleep(0.2)
      for path in self.logs.glob('*.log'):
        if found := re.search(f'{self.engine} started in .* s, with its logs in (.*)', path.read_text()):
          self.directory = pathlib.Path(found[1])
    while self.directory.exists():
      with contextlib.suppress(psutil.NoSuchProcess):
        for process in self.processes():
          self.addresses |= {each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
      self.watch()
      time.sleep(0.2)

  def watch(self):
    """Called while the engine runs."""

  def processes(self):
    """The processes of the engine that run."""
    return [each for each in psutil.process_iter(['cwd']) if (each.info['cwd'] or '').startswith(str(self.directory))]


class _Killer(_Observer):
  """Kills a process of the engine in its second job.

  Attributes:
    LOG: the file that says what becomes of the jobs.
    FINISHED, RUNNING: words in it at the end of a job, and when it runs.
    VICTIM: a word in the command of the process.
    RECOVERS: words of a job that goes on without the process, if it can.
    recovered: whether they were seen.
  """

  killed, recovered, RECOVERS = False, False, ''

  def watch(self):
    with contextlib.suppress(FileNotFoundError, psutil.Error):
      job = (self.directory / self.LOG).read_text().partition(self.FINISHED)[2]
      if not self.killed and self.RUNNING in job and (victim := self.choose(job)):
        victim.kill()
        self.killed = True
      self.recovered = self.recovered or self.RECOVERS in job

  def choose(self, unused_job):
    """The process to kill, of the job with this log."""
    return next(each for each in self.processes() if any(self.VICTIM in word for word in each.cmdline()))


class _FlinkKiller(_Killer):
  LOG, FINISHED, RUNNING = 'jobmanager.log', ' reached terminal state FINISHED', 'switched from INITIALIZING to RUNNING'


class _JobManagerKiller(_FlinkKiller):
  VICTIM = 'StandaloneSessionClusterEntrypoint'


class _PythonWorkerKiller(_FlinkKiller):
  """Kills a Python worker of the job when it has begun to work: before that, another one is started.

  Attributes:
    others: the workers of the first job, which Flink keeps.
  """

  others = frozenset()

  def watch(self):
    with contextlib.suppress(FileNotFoundError, psutil.Error):
      if self.FINISHED not in (self.directory / self.LOG).read_text():
        self.others = frozenset(self._workers())
    super().watch()

  def choose(self, job):
    return next((each for each in self._workers() if each not in self.others and each.cpu_times().user > 0.2), None)

  def _workers(self):
    """The forks of the process that makes workers."""
    makers = [each for each in self.processes() if 'pipeline.engines.worker' in each.cmdline()]
    return [each for each in makers if each.ppid() in {maker.pid for maker in makers}]


class _TaskManagerKiller(_FlinkKiller):
  """Kills a TaskManager to which a task of the job was sent."""

  RECOVERS = 'switched from state RESTARTING to RUNNING'

  def choose(self, job):
    port = int(re.findall(r'Deploying .* to 127\.0\.0\.1:(\d+)-', job)[-1])
    return next(each for each in self.processes() if any(
        connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
        for connection in each.net_connections()))


class _WorkerKiller(_Killer):
  """Kills a worker of Spark, and with it the results that this worker has for the rest of the job."""

  LOG, FINISHED, RUNNING = 'jobserver.log', ' finished.\n', ' finished: collect'
  VICTIM = 'spark.deploy.worker.Worker'


def test_a_lost_job_manager_fails_the_step_with_one_line(reviews, tmp_path):
  _require('flink')
  observer = _JobManagerKiller('flink', tmp_path / 'output')
  output = _start(tmp_path / 'output', reviews, *_FLAGS['flink'], check=1, anew=True)
  observer.join(10)
  assert observer.killed, output
  assert not observer.directory.exists() and not observer.processes()
  assert re.search(r'FAILED .*processes of the engine have ended \(jobmanager\)', output) and 'Traceback' not in output


def test_a_lost_python_worker_fails_the_step_with_one_line(reviews, tmp_path):
  _require('flink')
  observer = _PythonWorkerKiller('flink', tmp_path / 'output')
  output = _start(tmp_path / 'output', reviews, *_FLAGS['flink'], check=1, anew=True)
  assert observer.killed and 'Traceback' not in output, output
  found = re.search(r'FAILED .*flink lost a Python worker: .*; the logs of its processes are kept in (\S+)', output)
  assert (pathlib.Path(found[1]) / 'jobmanager.log').exists() and not observer.processes()
  shutil.rmtree(found[1])  # ends the observer


@pytest.mark.parametrize('name, observe', [
    ('prism', _Observer), ('flink', _TaskManagerKiller), ('spark', _WorkerKiller)])
def test_an_engine_gives_what_one_process_gives(name, observe, reviews, direct, tmp_path):
  _require(name)
  observer = observe(name, tmp_path / 'output')
  if name == 'spark':  # repeats parts of a job with other random keys, so it does not go on: the same command does
    output = _start(tmp_path / 'output', reviews, *_FLAGS[name], check=1, anew=True)
    assert observer.killed and re.search(r'FAILED .*processes of the engine have ended \(worker-\d\)', output)
  store = _run(tmp_path / 'output', reviews, *_FLAGS[name], anew=True)
  observer.join(10)
  assert observer.addresses and observer.addresses <= {'127.0.0.1', '::1', '::ffff:127.0.0.1'}
  assert not observer.directory.exists() and not observer.processes()
  assert getattr(observer, 'recovered', True)
  expected, scores = direct
  same_results.assert_same(store, expected)
  found = same_results.scores(store, reviews / '0.jsonl.gz', tmp_path / 'scored', '--batch', *_FLAGS[name], anew=True)
  assert found == pytest.approx(scores, abs=1e-6)
