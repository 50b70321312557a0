"""Proxies of the environment: never on the way to this machine, and named where a server does not answer."""

import http.server
import threading

import pytest

from components.common import proxies
import predict
from serving import client
from tests.serving import linear_model

_DEAD = 'http://me:geheim@127.0.0.1:9'


@pytest.fixture(name='proxy', autouse=True)
def _proxy(monkeypatch):
  """Proxies that do not answer, for every scheme."""
  for name in ('http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'grpc_proxy', 'no_grpc_proxy'):
    monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(name.upper(), raising=False)
  monkeypatch.setenv('http_proxy', _DEAD)
  monkeypatch.setenv('https_proxy', _DEAD)


@pytest.mark.parametrize('host', [
    '127.0.0.1', '127.3.2.1', 'localhost', 'LOCALHOST', 'a.localhost', '[::1]', '0.0.0.0'])
@pytest.mark.parametrize('scheme', ['http', 'https', 'grpc'])
def test_this_machine_is_asked_directly(scheme, host):
  assert proxies.find_proxy(f'{scheme}://{host}:8501') is None


@pytest.mark.parametrize('host', ['10.0.0.1', 'localhost.example.org', 'notlocalhost', '[2001:db8::1]'])
def test_another_machine_is_asked_through_the_proxy(host, monkeypatch):
  assert proxies.find_proxy(f'http://{host}:8501') == '127.0.0.1:9 (http_proxy)'
  assert proxies.find_proxy(f'grpc://{host}:8500') == '127.0.0.1:9 (https_proxy)'
  monkeypatch.setenv('no_proxy', '*')
  assert proxies.find_proxy(f'http://{host}:8501') is None


@pytest.mark.parametrize('url', ['http://models.example.org:8501', 'grpc://models.example.org:8500'])
def test_a_message_names_the_proxy_without_its_password(url, capsys):
  assert predict.main(['--server', url, 'good']) == 1
  line, = capsys.readouterr().err.splitlines()
  assert 'asked through the proxy 127.0.0.1:9 (http' in line and 'no_proxy' in line and 'geheim' not in line


@pytest.mark.slow
def test_a_local_server_answers_although_there_is_a_proxy(grpc_target, capsys):
  class Handler(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
      self.rfile.read(int(self.headers['Content-Length']))
      self.send_response(200)
      self.end_headers()
      self.wfile.write(b'{"predictions": [[0.7]]}')

    def log_message(self, *unused):
      pass

  with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
    # Two requests are enough: what is known of the model, and the scores.
    threading.Thread(target=lambda: [server.handle_request() for _ in range(2)], daemon=True).start()
    assert predict.main(['--server', f'http://localhost:{server.server_port}', 'good']) == 0
  assert capsys.readouterr().out == '0.7000  positive  good\n'
  score = client.server_scorer(f'grpc://{grpc_target}', 'sentiment')
  assert score(['bad']) == pytest.approx([linear_model.probability('bad')], abs=1e-6)
