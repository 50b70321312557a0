import functools
import hashlib
import http.server
import threading

import pytest

from components.imdb_example_gen import readers
from pipeline import data_source


class _Handler(http.server.SimpleHTTPRequestHandler):

  def log_message(self, *unused):
    pass


@pytest.fixture
def served(tmp_path):
  """A directory, and the address of a local server of its files."""
  folder = tmp_path / 'served'
  folder.mkdir()
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(_Handler, directory=folder))
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield folder, f'http://127.0.0.1:{server.server_address[1]}/a.tar.gz'
  server.shutdown()
  server.server_close()


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
  monkeypatch.delenv('IMDB_DATA', raising=False)


def test_a_download_arrives_whole(served, tmp_path):
  folder, url = served
  (folder / 'a.tar.gz').write_bytes(b'content')
  (tmp_path / '.partial').mkdir()
  (tmp_path / '.partial' / 'left-over').write_bytes(b'of a killed download')
  known = 'md5:' + hashlib.md5(b'content').hexdigest()
  path = data_source._download(url, tmp_path, known)
  assert open(path, 'rb').read() == b'content'
  assert sorted(p.name for p in tmp_path.iterdir()) == ['aclImdb_v1.tar.gz', 'served']


@pytest.mark.parametrize('content, message', [(b'other', 'checksum'), (None, '404')])
def test_a_wrong_download_leaves_nothing(served, tmp_path, content, message):
  folder, url = served
  if content:
    (folder / 'a.tar.gz').write_bytes(content)
  with pytest.raises(ValueError, match=message):
    data_source.resolve(None, tmp_path, lambda line: None, url)
  assert [p.name for p in tmp_path.iterdir()] == ['served']


def test_without_a_network_the_reviews_are_generated(tmp_path):
  lines = []
  source = data_source.resolve(None, tmp_path, lines.append, 'http://127.0.0.1:9/a.tar.gz')
  assert source.generated
  assert len(list(readers.read(source.path))) == 6000
  assert 'cannot be reached' in lines[-1]


def test_the_order_of_the_sources(tmp_path, monkeypatch):
  for name in ('named.csv', 'variable.csv', 'reviews.csv'):
    (tmp_path / name).write_text('text,label\n')
  resolve = lambda named: data_source.resolve(named, tmp_path, print).path
  assert resolve(None) == str(tmp_path / 'reviews.csv')
  monkeypatch.setenv('IMDB_DATA', str(tmp_path / 'variable.csv'))
  assert resolve(None) == str(tmp_path / 'variable.csv')
  assert resolve(str(tmp_path / 'named.csv')) == str(tmp_path / 'named.csv')


def test_a_missing_source_is_named(tmp_path):
  with pytest.raises(ValueError, match='/no/such: no such file'):
    data_source.resolve('/no/such', tmp_path, print)
