"""Reads the word vectors of a vocabulary from a file in GloVe's text format."""

import contextlib
import gzip
import os
import re
from typing import cast, IO, Iterator, NamedTuple, Optional, Sequence
import zipfile
import zlib

import numpy as np

from components.common import hashing

# The rows of words that the file lacks start in the range of an embedding without pre-training.
_RANDOM_RANGE = 0.05
_MAX_LINE_BYTES = 20_000  # 1,000 numbers take 12,000
# A file may hold so many times its compressed size: numbers compress to a third, a decompression bomb to a thousandth.
_MAX_COMPRESSION_RATIO = 50
_ENDINGS = ('.txt', '.vec')
_HEADER = re.compile(rb'[0-9]+ [0-9]+\s*')  # the number of words and of dimensions, in files of word2vec and fastText
_UNCHECKED_BYTES = 1_000_000  # a small file may hold this much in any case


class Rows(NamedTuple):
  """Word vectors of a vocabulary.

  Attributes:
    matrix: float32 [vocabulary, dimension].
    found: bool [vocabulary], whether the file has the word.
    duplicates: number of lines whose word an earlier line has too.
  """

  matrix: np.ndarray
  found: np.ndarray
  duplicates: int


def check(path: str) -> None:
  """Check that `path` names a file that `read` can open.

  Args:
    path: see `read`.

  Raises:
    ValueError: it does not; the message says what to do.
  """
  if path.endswith('.bin'):
    raise ValueError(f"{path}: a binary file of word2vec or fastText; save it in text format (.vec)")
  archive, member = _split_member(path)
  if not os.path.isfile(archive):
    raise ValueError(f'{archive}: no such file; --embeddings takes a GloVe text file, also .gz, or FILE.zip:MEMBER')
  if archive.endswith('.zip'):
    with _zip(archive) as opened:
      members = [name for name in opened.namelist() if name.endswith(_ENDINGS)]
    if (member or len(members) > 1 or not members) and member not in members:
      raise ValueError(f'{archive}: name one of its members, such as {archive}:{members[0] if members else "MEMBER"}; '
                       f'it holds {", ".join(members) or "no .txt or .vec file"}')


def _split_member(path: str) -> tuple[str, str]:
  """Split 'a.zip:b.txt' into ('a.zip', 'b.txt'); return ('path', '') for anything else."""
  archive, separator, member = path.rpartition('.zip:')
  return (archive + '.zip', member) if separator else (path, '')


def source_file(path: str) -> str:
  """Return the file that holds the vectors: the archive if `path` names a member of one."""
  return _split_member(path)[0]


def content_hash(path: str) -> str:
  """Return the SHA-256 of the content of the file that holds the vectors, in hex."""
  check(path)
  return hashing.file_hash(source_file(path))


@contextlib.contextmanager
def _zip(path: str) -> Iterator[zipfile.ZipFile]:
  try:
    with zipfile.ZipFile(path) as archive:
      yield archive
  except zipfile.BadZipFile as error:
    raise ValueError(f'{path}: not a readable zip file ({error}); download it again') from error


@contextlib.contextmanager
def _open(path: str) -> Iterator[IO[bytes]]:
  archive, member = _split_member(path)
  if archive.endswith('.zip'):
    with _zip(archive) as opened:
      with opened.open(member or next(name for name in opened.namelist() if name.endswith(_ENDINGS))) as file:
        yield file
  else:
    with gzip.open(path, 'rb') if path.endswith('.gz') else open(path, 'rb') as file:
      yield cast(IO[bytes], file)


def _lines(path: str) -> Iterator[bytes]:
  """Yield the lines of the file; raise ValueError for content that would fill the memory or never end."""
  remaining = _UNCHECKED_BYTES + _MAX_COMPRESSION_RATIO * os.path.getsize(source_file(path))
  with _open(path) as file:
    while line := file.readline(_MAX_LINE_BYTES):
      remaining -= len(line)
      if remaining < 0:
        raise ValueError(
            f'{path}: not in GloVe\'s text format: it holds more than {_MAX_COMPRESSION_RATIO} times its size')
      if len(line) == _MAX_LINE_BYTES:
        raise ValueError(f'{path}: not in GloVe\'s text format: a line has {_MAX_LINE_BYTES:,} bytes or more')
      yield line


def read(path: str, words: Sequence[bytes], seed: int) -> Rows:
  """Stream the file once and keep the vectors of `words`.

  Args:
    path: a file in GloVe's text format, a word and its numbers per line, separated by spaces: plain text, .gz, or
      FILE.zip:MEMBER. The first line may be the header of word2vec's and fastText's text format.
    words: the vocabulary, by id.
    seed: seed of the rows of words that the file lacks, which are uniform from -0.05 to 0.05.

  Returns:
    The rows; row i is exactly the file's vector of words[i], as float32, if found[i].

  Raises:
    ValueError: a line is malformed, no word is in the vocabulary, or the file cannot be read; the message names the
      file and the line.
  """
  check(path)
  ids = {word: index for index, word in enumerate(words)}
  matrix: Optional[np.ndarray] = None
  found, duplicates, number = np.zeros(len(words), bool), 0, 0
  try:
    for number, line in enumerate(_lines(path), 1):
      if matrix is None:
        if number == 1 and _HEADER.fullmatch(line):
          continue
        dimension = line.strip().count(b' ')
        if not dimension:
          raise ValueError(f'{path}, line {number}: expected a word and its numbers, separated by '
                           'spaces')
        matrix = random_rows(len(words), dimension, seed)
      word, *numbers = line.rstrip().rsplit(b' ', dimension)
      if len(numbers) != dimension:
        raise ValueError(f'{path}, line {number}: {len(numbers)} numbers, but the first word has {dimension}')
      index = ids.get(word)
      if index is None:
        continue
      if found[index]:
        duplicates += 1  # GloVe's order is by frequency: the first line of a word is kept
        continue
      matrix[index] = _vector(numbers, f'{path}, line {number}')
      found[index] = True
  except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
    raise ValueError(f'{path}, after line {number}: {error}; download it again') from error
  if matrix is None or not found.any():
    raise ValueError(f'{path}: none of its {number} words is in the vocabulary; check that it is in GloVe\'s text '
                     'format and in the language of the reviews')
  return Rows(matrix, found, duplicates)


def random_rows(number: int, dimension: int, seed: int) -> np.ndarray:
  """Return the rows of words without vectors, float32 [number, dimension], uniform from -0.05 to 0.05."""
  return np.random.default_rng(seed).uniform(-_RANDOM_RANGE, _RANDOM_RANGE, (number, dimension)).astype(np.float32)


def _vector(numbers: Sequence[bytes], where: str) -> np.ndarray:
  try:
    vector = np.array(numbers, dtype=np.float32)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from error
  if not np.isfinite(vector).all():
    raise ValueError(f'{where}: a number is not finite')
  return vector
