import gzip
import os
import zipfile

import numpy as np
import pytest

from components.word_vectors import glove
from components.word_vectors import start_vectors

_TEXT = 'the 0.1 -0.2\n\u00e9t\u00e9 1e-3 4\nfilm 5 6\nthe 7 8\n'
_WORDS = [b'<pad>', b'film', '\u00e9t\u00e9'.encode(), b'unknown', b'the']


@pytest.mark.parametrize('kind', ['txt', 'txt.gz', 'zip'])
def test_vectors_are_those_of_the_file(tmp_path, kind):
  path = tmp_path / f'vectors.{kind}'
  if kind == 'zip':
    with zipfile.ZipFile(path, 'w') as archive:
      archive.writestr('vectors.txt', _TEXT)
  else:
    path.write_bytes(gzip.compress(_TEXT.encode()) if kind.endswith('gz') else _TEXT.encode())
  rows = glove.read(str(path), _WORDS, seed=0)
  expected = np.array([[5, 6], [1e-3, 4], [0.1, -0.2]], np.float32)
  np.testing.assert_array_equal(rows.matrix[[1, 2, 4]], expected)
  assert rows.found.tolist() == [False, True, True, False, True]
  assert rows.duplicates == 1
  assert np.abs(rows.matrix[3]).max() <= 0.05


def test_a_vec_file_of_fasttext_with_header_and_blanks_is_read(tmp_path):
  (tmp_path / 'a.vec').write_text('3 2\nthe 0.5 -1 \nfilm 5 6 \n2 7 8 \n')
  rows = glove.read(str(tmp_path / 'a.vec'), [*_WORDS, b'2'], seed=0)
  np.testing.assert_array_equal(rows.matrix[[4, 1, 5]], np.array([[0.5, -1], [5, 6], [7, 8]], np.float32))
  with pytest.raises(ValueError, match='a.bin: a binary file of word2vec or fastText; save it in text format'):
    glove.check(str(tmp_path / 'a.bin'))


@pytest.mark.parametrize('text, message', [
    ('the 1 2\nfilm 1\n', 'line 2: 1 numbers, but the first word has 2'),
    ('the 1 2\nfilm 1 x\n', 'line 2: '),
    ('the 1 nan\n', 'line 1: a number is not finite'),
    ('word\n', 'line 1: expected a word and its numbers'),
    ('nothing 1 2\n', 'none of its 1 words is in the vocabulary'),
    ('', 'none of its 0 words'),
])
def test_malformed_file_is_refused(tmp_path, text, message):
  path = tmp_path / 'vectors.txt'
  path.write_text(text)
  with pytest.raises(ValueError, match=message):
    glove.read(str(path), _WORDS, seed=0)


def test_truncated_gzip_is_refused(tmp_path):
  path = tmp_path / 'vectors.txt.gz'
  path.write_bytes(gzip.compress(_TEXT.encode() * 1000)[:-20])
  with pytest.raises(ValueError, match='download it again'):
    glove.read(str(path), _WORDS, seed=0)


def test_archive_of_several_files_needs_a_member(tmp_path):
  path = tmp_path / 'glove.zip'
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr('a.txt', _TEXT)
    archive.writestr('b.txt', 'the 9 9 9\n')
  with pytest.raises(ValueError, match='glove.zip:a.txt; it holds a.txt, b.txt'):
    glove.check(str(path))
  assert glove.read(f'{path}:b.txt', _WORDS, seed=0).matrix.shape == (5, 3)


@pytest.mark.slow
@pytest.mark.skipif('GLOVE_FILE' not in os.environ, reason='GLOVE_FILE names no GloVe file')
def test_every_vector_of_the_real_file_is_exact():
  path = os.environ['GLOVE_FILE']
  with gzip.open(path, 'rb') as file:
    lines = [line.split() for line in file]
  order = np.random.default_rng(0).permutation(len(lines))
  words = [b'<pad>', *(lines[index][0] for index in order)]
  rows = glove.read(path, words, seed=0)
  assert rows.found[1:].all() and not rows.found[0]
  np.testing.assert_array_equal(rows.matrix[1:], np.array([lines[index][1:] for index in order], np.float32))


def test_a_marked_word_starts_from_the_vector_of_the_word(tmp_path):
  (tmp_path / 'vectors.txt').write_text(_TEXT)
  plain = glove.read(str(tmp_path / 'vectors.txt'), _WORDS, seed=0)
  unmarked = start_vectors.read(str(tmp_path / 'vectors.txt'), _WORDS, seed=0)
  assert (unmarked.matrix == plain.matrix).all() and (unmarked.found == plain.found).all()
  marked = start_vectors.read(str(tmp_path / 'vectors.txt'), [*_WORDS, b'NOT_film', b'NOT_unknown'], seed=0)
  assert (marked.matrix == plain.matrix[[0, 1, 2, 3, 4, 1, 3]]).all()
  assert marked.found.tolist() == [*plain.found.tolist(), True, False]


def test_the_shared_token_starts_from_the_mean_of_its_terms(tmp_path):
  (tmp_path / 'vectors.txt').write_text(_TEXT + 'german 1 2\nfrench 3 4\nblack 9 9\n')
  rows = start_vectors.read(str(tmp_path / 'vectors.txt'), [*_WORDS, b'<identity>'], seed=0)
  assert rows.matrix[[4, 5]].tolist() == [np.float32([0.1, -0.2]).tolist(), [2, 3]] and rows.found[5]
