"""What every command makes up for: closed streams, a user without a name, proxies, -OO; and that every one does it."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from components.common import start_up
from tests import documents

_PROGRAM = '''
import json, os, sys
from components.common import start_up
closed = start_up.prepare_process()
print('lost')
print('lost', file=sys.stderr)
assert sys.stdin.read() == ''
descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
found = {'closed': closed, 'descriptor': descriptor, 'optimize': sys.flags.optimize, 'arguments': sys.argv[2:]}
os.write(descriptor, json.dumps(found).encode())
'''
_STREAMS = ['stdin', 'stdout', 'stderr']


def _run(tmp_path, options=(), closing='', **variables):
  program, result = tmp_path / 'program.py', tmp_path / 'result'
  program.write_text(_PROGRAM)
  process = subprocess.run(
      ['sh', '-c', f'exec "$0" "$@" {closing}', sys.executable, *options, program, result, 'a', '-b'],
      env={**os.environ, 'PYTHONPATH': str(documents.PROJECT), **variables}, stdin=subprocess.DEVNULL,
      capture_output=True, text=True, check=False)
  assert (process.returncode, 'Traceback' in process.stderr) == (0, False), process.stderr
  return json.loads(result.read_text())


@pytest.mark.parametrize('closing, names', [
    ('', []), ('<&-', ['stdin']), ('>&-', ['stdout']), ('2>&-', ['stderr']), ('<&- >&- 2>&-', _STREAMS)])
def test_closed_streams_are_replaced(tmp_path, closing, names):
  found = _run(tmp_path, closing=closing)
  assert found['closed'] == names
  assert found['descriptor'] > 2  # no file that is opened later becomes a standard stream


@pytest.mark.parametrize('options, variables', [
    (['-OO'], {}), (['-OOu', '-X', 'dev'], {}), ([], {'PYTHONOPTIMIZE': '2'})])
def test_a_run_without_docstrings_starts_again_with_them(tmp_path, options, variables):
  found = _run(tmp_path, options, **variables)
  assert (found['optimize'], found['arguments']) == (0, ['a', '-b'])


def test_a_user_without_a_name_gets_one(monkeypatch):
  def unknown(uid):
    raise KeyError(uid)
  monkeypatch.setattr(start_up.pwd, 'getpwuid', unknown)
  for name in ('HOME', 'USER', 'LOGNAME'):
    monkeypatch.setenv(name, '')
  start_up.prepare_process()
  assert os.environ['USER'] == os.environ['LOGNAME'] == str(os.getuid())
  assert os.path.expanduser('~') == os.devnull
  monkeypatch.setenv('HOME', '/home/me')
  start_up.prepare_process()
  assert os.environ['HOME'] == '/home/me'


def test_libraries_ask_this_machine_without_a_proxy(monkeypatch):
  monkeypatch.setenv('no_proxy', 'example.org')
  monkeypatch.setenv('NO_PROXY', '*')
  monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
  start_up.prepare_process()
  assert os.environ['no_proxy'].split(',') == ['example.org', 'localhost', '127.0.0.1', '::1', '[::1]']
  assert os.environ['NO_PROXY'] == '*'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize('ignored', [False, True])
def test_stop_signals_interrupt_and_nohup_is_respected(number, ignored):
  before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
  try:
    signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
    start_up.handle_stop_signals()
    if ignored and number == signal.SIGHUP:
      signal.raise_signal(number)
    else:
      with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
  finally:
    for each, handler in before.items():
      signal.signal(each, handler)


@pytest.mark.parametrize('statement, code', [
    ('return 3', 3), ('os.kill(os.getpid(), signal.SIGHUP); time.sleep(9)', 130), ('print("x" * 100_000)', 130)])
def test_a_stopped_program_ends_without_a_word(statement, code):
  program = f'import os, signal, time\nfrom components.common import start_up\ndef main():\n  {statement}\n'
  process = subprocess.Popen(
      [sys.executable, '-c', program + 'start_up.run_program(main)'], cwd=documents.PROJECT, stdout=subprocess.PIPE,
      stderr=subprocess.PIPE)
  process.stdout.close()  # a reader that is gone
  assert (process.stderr.read(), process.wait()) == (b'', code)


def _programs():
  """The files that are run as programs, without those that must not import the project."""
  project = documents.PROJECT
  files = [project / name for name in ('local_runner.py', 'kubeflow_runner.py', 'predict.py')]
  for package in 'components', 'pipeline', 'serving':
    files += sorted((project / package).rglob('*.py'))
  return [path for path in files if "__name__ == '__main__'" in path.read_text()
          and path.name not in ('probe.py', 'start_worker.py')]


@pytest.mark.parametrize('path', _programs(), ids=lambda path: str(path.relative_to(documents.PROJECT)))
def test_every_program_prepares_its_process(path: pathlib.Path):
  assert 'start_up.prepare_process()' in path.read_text(), 'call components.common.start_up.prepare_process() first'
