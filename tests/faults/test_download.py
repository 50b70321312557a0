"""Downloads from failing servers: no partial file stays, the next try works, and no sample data stands in."""

import hashlib
import http.server
import subprocess
import sys
import threading
import time

import pytest

from pipeline.sources import download
from pipeline.sources import reviews as reviews_source
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow

_CONTENT = bytes(range(256)) * 4000


class _Server(http.server.ThreadingHTTPServer):
  """Serves _CONTENT, without range requests; its first answers go wrong as `behaviour` says."""

  behaviour, failures = 'cut', 1


class _Handler(http.server.BaseHTTPRequestHandler):

  def log_message(self, *unused):
    pass

  def do_GET(self):  # pylint: disable=invalid-name
    self.send_response(200)
    self.send_header('Content-Length', str(len(_CONTENT)))
    self.end_headers()
    if not self.server.failures:
      self.wfile.write(_CONTENT)
      return
    self.server.failures -= 1
    self.wfile.write(_CONTENT[:len(_CONTENT) // 2])
    self.wfile.flush()
    if self.server.behaviour == 'stall':
      time.sleep(3)
    self.connection.close()


@pytest.fixture
def server():
  server = _Server(('127.0.0.1', 0), _Handler)
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield server
  server.shutdown()
  server.server_close()


def test_a_killed_download_starts_over_and_leaves_nothing(server, tmp_path):
  server.behaviour = 'stall'
  url = f'http://127.0.0.1:{server.server_address[1]}/a.tar.gz'
  known = 'sha256:' + hashlib.sha256(_CONTENT).hexdigest()
  program = ('import pathlib, sys; from pipeline.sources import download\n'
             'download.download_file(sys.argv[1], pathlib.Path(sys.argv[2]), *sys.argv[3:])')
  killed = subprocess.Popen([sys.executable, '-c', program, url, str(tmp_path / 'a.tar.gz'), known, '--data'],
                            cwd=pipeline_runs.PROJECT, stderr=subprocess.DEVNULL)
  while not any(path.is_file() and path.stat().st_size for path in tmp_path.rglob('*')):
    assert killed.poll() is None
    time.sleep(0.05)
  killed.kill()
  killed.wait()
  assert [path.name for path in tmp_path.iterdir()] == ['.partial-a.tar.gz']
  download.download_file(url, tmp_path / 'a.tar.gz', known, '--data')
  assert [path.name for path in tmp_path.iterdir()] == ['a.tar.gz']
  assert (tmp_path / 'a.tar.gz').read_bytes() == _CONTENT


@pytest.mark.parametrize('behaviour', ['cut', 'stall'])
def test_a_broken_connection_leaves_nothing_and_can_be_retried(server, behaviour, tmp_path, monkeypatch):
  monkeypatch.setattr(download, '_TIMEOUT', (1, 1))
  monkeypatch.delenv('IMDB_DATA', raising=False)
  server.behaviour = behaviour
  url = f'http://127.0.0.1:{server.server_address[1]}/a.tar.gz'
  with pytest.raises(ValueError, match='(connection broke|is incomplete).* nothing is stored; run this again'):
    reviews_source.resolve_reviews(None, tmp_path, lambda line: None, url)
  assert not list(tmp_path.iterdir())
  known = 'sha256:' + hashlib.sha256(_CONTENT).hexdigest()
  assert download.download_file(url, tmp_path / 'a.tar.gz', known, '--data') == str(tmp_path / 'a.tar.gz')
  assert (tmp_path / 'a.tar.gz').read_bytes() == _CONTENT
