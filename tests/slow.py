"""Keeps `make test-fast` fast: a test that is not marked slow cannot start a pipeline run, a browser or a server."""

import contextlib
import functools
import os
import sys

_MARKERS = {'slow', 'kill', 'bench', 'engines'}
# The last part of a word in the command of a process that a fast test must not start.
_PROGRAMS = {
    'local_runner.py': 'a pipeline run',
    'forks.py': 'an interpreter for pipeline runs',
    'chromedriver': 'a browser',
    'chromium': 'a browser',
    'ipykernel_launcher': 'a notebook kernel',
    'mariadbd': 'a database server',
    'models.training.distributed': 'distributed training',
    'pipeline.tensorboard': 'a server',
    'serving.server': 'a server',
}
_running = None  # the id of the fast test that is running


def refuse(what: str) -> None:
  """Fail the running test unless it is marked slow.

  Args:
    what: What the test is about to start.

  Raises:
    AssertionError: A test without the marker is running.
  """
  assert _running is None, f'{_running} starts {what}: mark it with @pytest.mark.slow'


@contextlib.contextmanager
def watch(item):
  """Knows in its context whether the test that is running is a fast one."""
  global _running
  if not _MARKERS & {marker.name for marker in item.iter_markers()}:
    _running = item.nodeid
  try:
    yield
  finally:
    _running = None


def _audit(event, arguments):
  """Sees each process and each listening socket before Python starts it."""
  if _running is None:
    return
  if event == 'subprocess.Popen':
    command = arguments[1]
    for word in [command] if isinstance(command, (str, bytes, os.PathLike)) else command:
      if what := _PROGRAMS.get(os.path.basename(os.fsdecode(word))):
        refuse(what)
  elif event == 'socket.bind' and isinstance(arguments[1], tuple):  # a path is local communication of processes
    refuse('a server')


def install() -> None:
  """Watch everything that this process starts from now on."""
  sys.addaudithook(_audit)


def watch_runs_in_process() -> None:
  """Watch pipeline runs in this process; to be called when the tests' modules have imported TFX."""
  module = sys.modules.get('tfx.orchestration.local.local_dag_runner')
  if module is None or hasattr(module.LocalDagRunner.run, '__wrapped__'):
    return
  run = module.LocalDagRunner.run

  @functools.wraps(run)
  def watched(*arguments, **options):
    refuse('a pipeline run')
    return run(*arguments, **options)

  module.LocalDagRunner.run = watched
