"""Reads the rows of a vocabulary from a file in GloVe's text format."""

import contextlib
import gzip
import os
import zipfile
import zlib
from typing import BinaryIO, Iterator, NamedTuple, Sequence

import numpy as np

from components.common import hashing

# Rows of words that the file lacks start as small as an embedding without pre-training does.
_UNKNOWN_RANGE = 0.05
_LONGEST_LINE = 20_000  # bytes: 1,000 numbers take 12,000
_MOST_PACKED = 50  # bytes in one of a .gz or .zip, beyond _LITTLE: numbers pack to a third, a bomb to a thousandth
_LITTLE = 1_000_000


class Rows(NamedTuple):
  """Word vectors of a vocabulary: matrix float32 [vocabulary, dimension]; found bool [vocabulary]."""

  matrix: np.ndarray
  found: np.ndarray
  duplicates: int


def check(path: str) -> None:
  """Raises ValueError, saying what to do, unless `path` names a file that `read` can open."""
  archive, member = _split_member(path)
  if not os.path.isfile(archive):
    raise ValueError(f'{archive}: no such file; --embeddings takes a GloVe text file, also .gz, or FILE.zip:MEMBER')
  if archive.endswith('.zip'):
    with _zip(archive) as opened:
      members = [name for name in opened.namelist() if name.endswith('.txt')]
    if (member or len(members) > 1 or not members) and member not in members:
      raise ValueError(f'{archive}: name one of its members, as {archive}:{members[0] if members else "MEMBER"}; '
                       f'it holds {", ".join(members) or "no .txt file"}')


def _split_member(path: str) -> tuple[str, str]:
  """'a.zip:b.txt' -> ('a.zip', 'b.txt'); ('path', '') for anything else."""
  archive, separator, member = path.rpartition('.zip:')
  return (archive + '.zip', member) if separator else (path, '')


def source_file(path: str) -> str:
  """The file behind `path`: the archive where it names a member."""
  return _split_member(path)[0]


def content_hash(path: str) -> str:
  """SHA-256 of the content of the file that holds the vectors, in hex."""
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
def _open(path: str) -> Iterator[BinaryIO]:
  archive, member = _split_member(path)
  if archive.endswith('.zip'):
    with _zip(archive) as opened:
      with opened.open(member or next(name for name in opened.namelist() if name.endswith('.txt'))) as file:
        yield file
  else:
    with gzip.open(path, 'rb') if path.endswith('.gz') else open(path, 'rb') as file:
      yield file


def _lines(path: str) -> Iterator[bytes]:
  """Lines of the file; refuses what would fill the memory or never end."""
  most = _LITTLE + _MOST_PACKED * os.path.getsize(source_file(path))
  with _open(path) as file:
    while line := file.readline(_LONGEST_LINE):
      most -= len(line)
      if len(line) == _LONGEST_LINE or most < 0:
        raise ValueError(f'{path}: not in GloVe\'s text format: '
                         + (f'it holds more than {_MOST_PACKED} times its size' if most < 0 else
                            f'a line of {_LONGEST_LINE:,} bytes or more'))
      yield line


def read(path: str, words: Sequence[bytes], seed: int) -> Rows:
  """Streams the file once and keeps the rows of `words`.

  Args:
    path: GloVe's text format: a word and its numbers per line, separated by blanks; plain, .gz, or FILE.zip:MEMBER.
    words: the vocabulary, by id.
    seed: of the rows of words that the file lacks: uniform in +-0.05.

  Returns:
    `Rows`; row i is exactly the file's vector of words[i], as float32, wherever found[i].

  Raises:
    ValueError: a malformed line, no word in common, or an unreadable file; the message names file and line.
  """
  check(path)
  ids = {word: index for index, word in enumerate(words)}
  matrix, found, duplicates, number = None, np.zeros(len(words), bool), 0, 0
  try:
    for number, line in enumerate(_lines(path), 1):
      if matrix is None:
        dimension = line.count(b' ')
        if not dimension:
          raise ValueError(f'{path}, line 1: a word and its numbers were expected, separated by blanks')
        matrix = np.random.default_rng(seed).uniform(
            -_UNKNOWN_RANGE, _UNKNOWN_RANGE, (len(words), dimension)).astype(np.float32)
      word, *numbers = line.rstrip().rsplit(b' ', dimension)
      if len(numbers) != dimension:
        raise ValueError(f'{path}, line {number}: {len(numbers)} numbers where line 1 has {dimension}')
      index = ids.get(word)
      if index is None:
        continue
      if found[index]:
        duplicates += 1  # the first one, the more frequent in GloVe's order, stays
        continue
      matrix[index] = _vector(numbers, f'{path}, line {number}')
      found[index] = True
  except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
    raise ValueError(f'{path}, after line {number}: {error}; download it again') from error
  if not found.any():
    raise ValueError(f'{path}: none of its {number} words is in the vocabulary; is it in GloVe\'s text format, and of '
                     'the language of the reviews?')
  return Rows(matrix, found, duplicates)


def _vector(numbers: Sequence[bytes], where: str) -> np.ndarray:
  try:
    vector = np.array(numbers, dtype=np.float32)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from error
  if not np.isfinite(vector).all():
    raise ValueError(f'{where}: a number is not finite')
  return vector
