"""The server as a process: many clients, new versions under load, start and stop."""

import contextlib
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from serving.server import __main__ as main
from tests import documents
from tests import forks
from tests.serving.server import tiny


def _wait(condition):
  end = time.monotonic() + 60
  while not condition():
    assert time.monotonic() < end, 'it did not happen'
    time.sleep(0.02)


class _Load:
  """Clients on kept-alive connections that check each score; the version may be any that is pushed while they ask."""

  def __init__(self, server, clients):
    self._server, self._stopped = server, threading.Event()
    self.answers, self.wrong = [0] * clients, []
    self._threads = [threading.Thread(target=self._ask, args=[number]) for number in range(clients)]

  def __enter__(self):
    for thread in self._threads:
      thread.start()
    return self

  def __exit__(self, *unused):
    self._stopped.set()
    for thread in self._threads:
      thread.join()

  def _ask(self, number):
    connection = http.client.HTTPConnection('127.0.0.1', self._server.port, timeout=60)
    while not self._stopped.is_set():
      texts = [f'{number} {self.answers[number]} {index}' for index in range(1 + number % 3)]
      try:
        connection.request('POST', tiny.PREDICT, json.dumps({'signature_name': 'predict_text', 'instances': texts}))
        answer = connection.getresponse()
        scores, = json.loads(answer.read()).values()
        # Version 2 adds 2 to all of them.
        offsets = {round(score - tiny.expected(text), 5) for text, (score,) in zip(texts, scores, strict=True)}
        if answer.status != 200 or offsets not in ({0}, {2}):
          self.wrong.append((texts, answer.status, scores))
      except Exception as error:  # pylint: disable=broad-except
        self.wrong.append((texts, repr(error)))
        return
      self.answers[number] += 1
    connection.close()


def test_new_versions_under_load(start, models, tmp_path):
  server, versions = start(), tmp_path / 'versions'
  with _Load(server, 16) as load:
    for version in range(2, 7):
      (versions / str(version + 100)).mkdir()  # one that cannot be loaded
      tiny.push(models[version % 2], versions, version)
      _wait(lambda version=version: server.ask('GET', '/healthz')[1]['version'] == str(version))
      before = sum(load.answers)
      shutil.rmtree(versions / str(version - 1))
      _wait(lambda before=before: sum(load.answers) > before + 50)
      (versions / str(version + 100)).rmdir()
  assert load.wrong == []
  assert min(load.answers) > 0
  assert server.score('x') == pytest.approx([tiny.expected('x')])
  assert server.ask('POST', f'/v1/models/{tiny.NAME}/versions/1:predict', '{}')[0] == 404
  assert server.output().count('cannot be loaded') == 5
  assert 'serving version 6, before that version 5' in server.output()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_lets_what_runs_finish(start, number):
  server = start('--threads', '1')
  with contextlib.ExitStack() as stack:
    stack.enter_context(server.connect())  # asks for nothing
    connections = [stack.enter_context(contextlib.closing(
        http.client.HTTPConnection('127.0.0.1', server.port, timeout=60))) for _ in range(8)]
    for connection in connections:
      connection.request('POST', tiny.PREDICT, json.dumps({'signature_name': 'busy', 'instances': ['200']}))
    assert server.ask('GET', '/healthz')[0] == 200  # it takes connections in their order, so it has all of these
    code = server.stop(number)
    answers = [(answer.status, json.loads(answer.read()))
               for answer in (connection.getresponse() for connection in connections)]
  assert answers == [(200, {'predictions': [[0.0]]})] * 8
  assert code == 0
  assert server.output().endswith('stopped\n') and 'Traceback' not in server.output()


def test_the_first_lines_hold_a_command_that_works(start):
  server = start()
  lines = server.output().splitlines()
  assert len(lines) == 2 and f'serving sentiment, version 1, on http://127.0.0.1:{server.port}' in lines[0]
  assert shutil.which('curl') is None or json.loads(subprocess.run(
      lines[1].partition('  ')[2], shell=True, check=True, capture_output=True).stdout) == {
          'predictions': [[pytest.approx(tiny.expected('A film to remember.'), abs=1e-6)]]}


def _refused(*flags):
  command = [forks.interpreter().executable, '-m', 'serving.server', '--port', '0', *map(str, flags)]
  done = subprocess.run(command, cwd=documents.PROJECT, capture_output=True, text=True, check=False)
  return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_without_a_model_one_line_says_it(tmp_path):
  code, said, complaint = _refused('--model-dir', tmp_path)
  assert (code, said) == (1, '')
  assert complaint == (f'{tmp_path}: no versions were pushed here: run local_runner.py first, or name the directory of '
                       'the versions\n')


@pytest.mark.slow
def test_a_port_in_use_is_one_line(tmp_path):
  with socket.create_server(('127.0.0.1', 0)) as taken:
    port = taken.getsockname()[1]
    assert _refused('--port', port, '--model-dir', tmp_path) == (
        1, '', f'cannot bind 127.0.0.1:{port} (Address already in use); choose another --port or --host\n')


@pytest.mark.parametrize('flags, message', [
    (['--port', '70000'], "'70000' is not a port"), (['--threads', '0'], "'0' is not a whole number from 1"),
    (['--name', 'a/b'], "'a/b': use letters"), (['--max-queue', '10'], '--max-instances must not exceed --max-queue')])
def test_usage_errors(flags, message, capsys):
  with pytest.raises(SystemExit) as stopped:
    main.parse(flags)
  assert stopped.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.slow
def test_it_needs_no_tfx():
  done = subprocess.run(
      [sys.executable, '-c', 'import sys; from compat import uvicorn; '
       'from serving.server import __main__, app, batching, errors, versions; '
       'sys.exit(any(name.split(".")[0] in ("tfx", "apache_beam") for name in sys.modules))'], check=False)
  assert done.returncode == 0
