import functools
import hashlib
import http.server
import threading
import zipfile

import pytest
from sklearn import linear_model
from sklearn import pipeline
from sklearn.feature_extraction import text

from components.imdb_example_gen import readers
from components.word_vectors import glove
from pipeline.sources import download
from pipeline.sources import reviews as reviews_source
from pipeline.sources import sample_data
from pipeline.sources import word_vectors as word_vectors_source


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


def _md5(content):
  return 'md5:' + hashlib.md5(content).hexdigest()


@pytest.mark.slow
def test_a_download_arrives_complete(served, tmp_path):
  folder, url = served
  (folder / 'a.tar.gz').write_bytes(b'content')
  (tmp_path / '.partial-a.tar.gz').mkdir()
  (tmp_path / '.partial-a.tar.gz' / 'left-over').write_bytes(b'of a killed download')
  path = download.download_file(url, tmp_path / 'a.tar.gz', _md5(b'content'), '--data')
  assert open(path, 'rb').read() == b'content'
  assert sorted(p.name for p in tmp_path.iterdir()) == ['a.tar.gz', 'served']


@pytest.mark.slow
@pytest.mark.parametrize('content, message', [(b'other', 'checksum'), (None, '404')])
def test_a_wrong_download_leaves_nothing(served, tmp_path, content, message):
  folder, url = served
  if content:
    (folder / 'a.tar.gz').write_bytes(content)
  with pytest.raises(ValueError, match=message):
    reviews_source.resolve_reviews(None, tmp_path, lambda line: None, url)
  assert [p.name for p in tmp_path.iterdir()] == ['served']


def test_without_a_network_sample_data_stands_in(tmp_path):
  lines = []
  path = reviews_source.resolve_reviews(None, tmp_path, lines.append, 'http://127.0.0.1:9/a.tar.gz')
  assert len(list(readers.read(path))) == 6000
  assert 'cannot be reached' in lines[-2] and '6,000 reviews are SAMPLE DATA' in lines[-1]


def test_the_order_of_the_sources(tmp_path, monkeypatch):
  for name in ('named.csv', 'variable.csv', 'reviews.csv'):
    (tmp_path / name).write_text('text,label\n')
  resolve = lambda named: reviews_source.resolve_reviews(named, tmp_path, print)
  assert resolve(None) == str(tmp_path / 'reviews.csv')
  monkeypatch.setenv('IMDB_DATA', str(tmp_path / 'variable.csv'))
  assert resolve(None) == str(tmp_path / 'variable.csv')
  assert resolve(str(tmp_path / 'named.csv')) == str(tmp_path / 'named.csv')


def test_a_missing_source_is_named(tmp_path):
  with pytest.raises(ValueError, match='/no/such: no such file'):
    reviews_source.resolve_reviews('/no/such', tmp_path, print)


@pytest.mark.slow
def test_named_word_vectors_come_from_the_downloaded_archive(served, tmp_path):
  folder, url = served
  with zipfile.ZipFile(folder / 'a.tar.gz', 'w') as archive:
    for dimension in (50, 100):
      archive.writestr(f'glove.6B.{dimension}d.txt', f'film{" 0.5" * dimension}\n')
  known = _md5((folder / 'a.tar.gz').read_bytes())
  lines = []
  for _ in range(2):
    path = word_vectors_source.resolve_word_vectors('glove.6B.50d', tmp_path, lines.append, url, known)
  assert len(lines) == 1  # the second time it is there
  assert path == f'{tmp_path}/glove.6B.zip:glove.6B.50d.txt'
  assert glove.read(path, [b'<pad>', b'film'], seed=0).matrix.shape == (2, 50)


def test_word_vectors_without_a_network_say_what_to_do(tmp_path):
  with pytest.raises(ValueError, match='cannot be reached .*; pass a GloVe file .*, or --embeddings reviews'):
    word_vectors_source.resolve_word_vectors('glove.6B.50d', tmp_path, print, 'http://127.0.0.1:9/glove.6B.zip')
  assert not list(tmp_path.iterdir())


def test_a_path_of_word_vectors_becomes_absolute(monkeypatch, tmp_path):
  monkeypatch.chdir(tmp_path)
  assert word_vectors_source.resolve_word_vectors('vectors.txt', tmp_path, print) == f'{tmp_path}/vectors.txt'
  assert word_vectors_source.resolve_word_vectors('reviews', tmp_path, print) == 'reviews'
  assert word_vectors_source.resolve_word_vectors(None, tmp_path, print) is None


@pytest.mark.slow
def test_sample_reviews_are_neither_trivial_nor_hopeless():
  texts, labels = zip(*sample_data.generate_reviews(6000))
  accuracy = {}
  for words in (1, 2):
    model = pipeline.make_pipeline(text.TfidfVectorizer(ngram_range=(1, words)), linear_model.LogisticRegression())
    accuracy[words] = model.fit(texts[:4500], labels[:4500]).score(texts[4500:], labels[4500:])
  assert 0.80 < accuracy[1] < accuracy[2] - 0.03 < 0.92  # pairs of words tell more, as "not good"


def test_an_unreachable_network_names_the_proxy(tmp_path, monkeypatch):
  for name in ('no_proxy', 'NO_PROXY', 'http_proxy'):
    monkeypatch.delenv(name, raising=False)
  monkeypatch.setenv('http_proxy', 'http://127.0.0.1:9')
  with pytest.raises(download.UnreachableError, match=r'reached \(ProxyError\); it was asked through the proxy 127'):
    download.download_file('http://data.example/a.tar.gz', tmp_path / 'a.tar.gz', 'md5:0', '--data')
