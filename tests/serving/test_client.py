"""The scorers: this process, the project's own server over REST, and a gRPC server."""

import http.server
import subprocess
import sys
import threading

import pytest

import predict
from serving import client
from tests.e2e import pipeline_runs
from tests.serving import linear_model

_MANY = [f'{"good " * (number % 3)}{"bad " * (number % 2)}{number}' for number in range(700)]


@pytest.mark.slow
def test_servers_give_the_scores_of_the_process(model_dir, rest_url, grpc_target, grpc_service):
  expected = client.local_scorer(model_dir)(_MANY)
  assert expected == pytest.approx([linear_model.probability(text) for text in _MANY], abs=1e-6)
  one = pytest.approx([linear_model.probability('bad')], abs=1e-6)
  assert client.server_scorer(rest_url, 'sentiment')(_MANY) == pytest.approx(expected, abs=1e-6)
  assert client.server_scorer(f'{rest_url}/', 'sentiment', 10)(['bad']) == one
  assert client.server_scorer(f'grpc://{grpc_target}', 'sentiment')(_MANY) == expected
  grpc_service.refusals = 2
  assert client.server_scorer(f'grpc://{grpc_target}', 'sentiment', 10)(['bad']) == one
  assert grpc_service.refusals == 0
  assert ('sentiment', 'predict_text', 0) in grpc_service.queries and grpc_service.queries[-1][2] == 10


@pytest.mark.slow
def test_the_command_line_asks_servers(rest_url, grpc_target, capsys):
  for url in (rest_url, f'grpc://{grpc_target}'):
    assert predict.main(['--server', url, '--explain', '1', 'good film']) == 0
    assert capsys.readouterr().out == '0.8808  positive  good film\n        good +2.00\n'
  for url, status in ((rest_url, '(404)'), (f'grpc://{grpc_target}', 'NOT_FOUND')):
    assert predict.main(['--server', url, '--version', '77', 'good']) == 1
    line, = capsys.readouterr().err.splitlines()
    assert status in line and url in line


@pytest.mark.slow
def test_http_needs_no_tensorflow(rest_url):
  code = 'import sys, predict; print(predict.main(sys.argv[1:]), "tensorflow" in sys.modules, "numpy" in sys.modules)'
  process = subprocess.run([sys.executable, '-c', code, '--server', rest_url, 'good'], cwd=pipeline_runs.PROJECT,
                           capture_output=True, text=True, timeout=120, check=False)
  assert process.stdout.splitlines() == ['0.8808  positive  good', '0 False False']


@pytest.mark.slow
@pytest.mark.parametrize('status, answer, message', [
    (500, b'{"error": "out\nof memory"}', 'refused (500): {"error": "out of memory"}'),
    (200, b'{"predictions": [[0.5], [0.5]]}', 'not an answer of a prediction server (ValueError: 2 scores for 1'),
    (200, b'{"predictions": [0.5]}', 'not an answer of a prediction server'),
    (200, b'<html>', 'not an answer of a prediction server'),
])
def test_an_unexpected_answer_is_one_line(capsys, status, answer, message):
  class Handler(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
      self.rfile.read(int(self.headers['Content-Length']))
      self.send_response(status)
      self.end_headers()
      self.wfile.write(answer)

    def log_message(self, *unused):
      pass

  with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert predict.main(['--server', f'http://127.0.0.1:{server.server_address[1]}', 'good']) == 1
    server.shutdown()
  line, = capsys.readouterr().err.splitlines()
  assert message in line
