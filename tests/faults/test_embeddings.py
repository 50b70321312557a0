"""Embeddings files that are broken, or made to fill the memory: refused in a line, at once."""

import gzip
import tracemalloc
import zipfile

import pytest

from components.word_vectors import glove

_WORDS = [b'the', b'film']
_TEXT = b'the 0.1 -0.2\nfilm 5 6\n'


def _zip(path, content):
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('vectors.txt', content)
  return path.read_bytes()


def _corrupt(packed):
  return packed[:len(packed) // 2] + b'\xff' * 40 + packed[len(packed) // 2 + 40:]


_VARIED = b''.join(b'word%d %.3f %.3f\n' % (number, number / 7, number / 11) for number in range(5000))
_BOMB = (b'a' + b' 1' * 100 + b'\n') * 150_000  # 30 MB
_FILES = {
    'cut.zip': (lambda path: _zip(path, _VARIED)[:-500], 'not a readable zip file'),
    'corrupt.zip': (lambda path: _corrupt(_zip(path, _VARIED)), 'download it again'),
    'cut.txt.gz': (lambda path: gzip.compress(_VARIED)[:-500], 'download it again'),
    'corrupt.txt.gz': (lambda path: _corrupt(gzip.compress(_VARIED)), 'download it again'),
    'no.txt.gz': (lambda path: _TEXT, 'download it again'),
    'line.txt': (lambda path: b'the ' + b'1 ' * 1_000_000, 'a line has 20,000 bytes or more'),
    'line.txt.gz': (lambda path: gzip.compress(b'the ' + b'0' * 200_000_000), 'a line has 20,000 bytes or more'),
    'bomb.txt.gz': (lambda path: gzip.compress(_BOMB), 'more than 50 times its size'),
    'bomb.zip': (lambda path: _zip(path, _BOMB), 'more than 50 times its size'),
}


@pytest.mark.parametrize('name', _FILES)
def test_a_broken_or_endless_file_is_refused_in_little_memory(tmp_path, name):
  path = tmp_path / name
  make, message = _FILES[name]
  path.write_bytes(make(path))
  tracemalloc.start()
  try:
    with pytest.raises(ValueError, match=message) as error:
      glove.read(str(path), _WORDS, seed=0)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
  finally:
    tracemalloc.stop()
  assert name in str(error.value) and '\n' not in str(error.value)


def test_the_first_of_duplicate_lines_is_kept_and_counted(tmp_path):
  path = tmp_path / 'vectors.txt'
  path.write_bytes(_TEXT + b'film 7 8\n' * 3)
  rows = glove.read(str(path), _WORDS, seed=0)
  assert rows.matrix[1].tolist() == [5, 6]
  assert rows.duplicates == 3
