"""Reads labelled and unlabeled reviews from an aclImdb archive or directory, or from CSV, TSV or JSONL files."""

import gzip
import hashlib
import os
import re
import tarfile
from typing import cast, IO, Iterator
import zlib

from components.common import hashing
from components.imdb_example_gen import review as review_lib
from components.imdb_example_gen import review_rows
from models import features

_ARCHIVES = ('.tar.gz', '.tgz', '.tar')
_TABLES = ('.csv', '.tsv', '.jsonl')
_SOURCES = ('a directory or .tar.gz in aclImdb layout, or a .csv, .tsv or .jsonl file (also .gz), or a directory of '
            'these')
# {train,test}/{pos,neg}/<id>_<rating>.txt and train/unsup/<id>_0.txt, below any folder.
_MEMBER = re.compile(r'(?:^|/)(?:(train|test)/(pos|neg)|train/unsup)/([^/]+)\.txt$')
_MAX_BYTES = 100_000_000  # of a member: far beyond any review, and a bound on what a decompression bomb can take


def check(path: str) -> None:
  """Check that a source of labelled reviews exists and is of a known kind. The content is not read.

  Args:
    path: path of the source.

  Raises:
    ValueError: `read` cannot read it; the message says what to do.
  """
  if not os.path.exists(path):
    raise ValueError(f'{path}: no such file or directory; --data takes {_SOURCES}')
  if os.path.isdir(path):
    if not _tables_in(path):
      _layout_root(path)
  elif not _bare_name(path).endswith(_ARCHIVES + _TABLES):
    raise ValueError(f'{path}: unknown kind of file; --data takes {_SOURCES}')


def parts(path: str) -> list[str]:
  """List the parts of a source that `read` can read in parallel.

  Args:
    path: path of the source.

  Returns:
    Paths: the file itself, or a directory's tables or folders of reviews.

  Raises:
    ValueError: as `check`.
  """
  check(path)
  if not os.path.isdir(path):
    return [path]
  if tables := _tables_in(path):
    return tables
  root = _layout_root(path)
  return [os.path.join(root, split, sentiment) for split in ('train', 'test') for sentiment in ('neg', 'pos')]


def check_unlabeled(path: str) -> None:
  """Check that a source of unlabeled reviews exists and is of a known kind. The content is not read.

  Args:
    path: path of the source.

  Raises:
    ValueError: it cannot hold unlabeled reviews; the message says what to do.
  """
  if not os.path.isdir(path):
    check(path)
  elif not unlabeled_parts(path):
    raise ValueError(f'{path}: holds neither train/unsup/ nor aclImdb/train/unsup/; --unlabeled takes {_SOURCES}')


def unlabeled_parts(path: str) -> list[str]:
  """List the parts of a source that may hold unlabeled reviews, which `read` can read in parallel.

  Args:
    path: path of the source. An archive and a table hold unlabeled reviews among the others.

  Returns:
    Paths; empty for a directory without such reviews.
  """
  if not os.path.isdir(path):
    return [path]
  if tables := _tables_in(path):
    return tables
  folders = (os.path.join(path, *below, 'train', 'unsup') for below in ((), ('aclImdb',)))
  return [folder for folder in folders if os.path.isdir(folder)]


def content_hash(path: str) -> str:
  """Hash a source of labelled reviews.

  Args:
    path: path of the source.

  Returns:
    SHA-256 in hex of a file's content, or of the names and contents of all labelled reviews below a directory.
  """
  return _hash_parts(path, parts(path))


def unlabeled_hash(path: str) -> str:
  """Hash a source of unlabeled reviews, as `content_hash` does for labelled ones."""
  return _hash_parts(path, unlabeled_parts(path))


def _hash_parts(path: str, paths: list[str]) -> str:
  if not os.path.isdir(path):
    return hashing.file_hash(path)
  digest = hashlib.sha256()
  for part in paths:
    files = [os.path.join(part, name) for name in sorted(os.listdir(part))] if os.path.isdir(part) else [part]
    for file in files:
      digest.update(os.fsencode(f'{os.path.relpath(file, path)}\0'))
      digest.update(hashing.file_hash(file).encode())
  return digest.hexdigest()


def read(path: str) -> Iterator[review_lib.Review]:
  """Read the reviews of one part of a source.

  Args:
    path: one of the paths of `parts` or `unlabeled_parts`.

  Yields:
    Reviews, labelled and unlabeled, with their texts as they are in the file.

  Raises:
    ValueError: malformed content; the message names the file and the row, line or member.
  """
  if os.path.isdir(path):
    yield from _read_directory(path)
  elif _bare_name(path).endswith(_ARCHIVES):
    yield from _read_archive(path)
  else:
    yield from review_rows.read(path)


def has_eval_split(path: str) -> bool:
  """Return whether a source itself assigns reviews to the split eval.

  Args:
    path: path of the source.

  Raises:
    ValueError: malformed content; the message names the file and the row or line.
  """
  tables = _tables_in(path) if os.path.isdir(path) else [path] if _bare_name(path).endswith(_TABLES) else []
  return any(review.split == 'eval' for table in tables for review in read(table))


def _bare_name(path: str) -> str:
  """Return the file name in lower case, without the .gz of a table."""
  name = os.path.basename(path).lower()
  return name[:-3] if name.endswith(tuple(ending + '.gz' for ending in _TABLES)) else name


def _tables_in(directory: str) -> list[str]:
  """List the tables directly in a directory, which are parts of a large one; none if it has the aclImdb layout."""
  names = sorted(os.listdir(directory))
  if {'train', 'test', 'aclImdb'} & set(names):
    return []
  tables = [os.path.join(directory, name) for name in names if _bare_name(name).endswith(_TABLES)]
  for table in tables:
    try:
      table.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{table!a}: the name is not UTF-8; rename the file') from error
  return tables


def _layout_root(path: str) -> str:
  """Return the directory that holds train/ and test/: the path itself, or aclImdb in it."""
  for root in (path, os.path.join(path, 'aclImdb')):
    if os.path.isdir(os.path.join(root, 'train')) or os.path.isdir(os.path.join(root, 'test')):
      break
  else:
    raise ValueError(f'{path}: holds neither train/ and test/ nor aclImdb/, nor tables; --data takes {_SOURCES}')
  for split in ('train', 'test'):
    for sentiment in ('neg', 'pos'):
      if not os.path.isdir(os.path.join(root, split, sentiment)):
        raise ValueError(f'{root}: {split}/{sentiment}/ is missing; the aclImdb layout has {{train,test}}/{{pos,neg}}/')
  return root


def _to_review(match: re.Match[str], text: bytes) -> review_lib.Review:
  split, sentiment, name = match.groups()
  if split is None:
    review_id = review_lib.clean_id(f'{features.UNLABELED}/{name}')
    return review_lib.Review(features.UNLABELED, text, features.NO_LABEL, 0, review_id)
  rating = re.search('_([0-9]{1,2})$', name)
  review_id = review_lib.clean_id(f'{split}/{sentiment}/{name}')
  return review_lib.Review(split, text, int(sentiment == 'pos'), int(rating[1]) if rating else 0, review_id)


def _read_directory(path: str) -> Iterator[review_lib.Review]:
  for name in sorted(os.listdir(path)):
    full = os.path.join(path, name)
    if match := _MEMBER.search(full.replace(os.sep, '/')):
      with open(full, 'rb') as file:
        yield _to_review(match, file.read())


class _Member(tarfile.TarInfo):
  """A member of an archive whose header is checked more strictly than tarfile does."""

  @classmethod
  def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> '_Member':
    """Read a header."""
    try:
      member = super().frombuf(buf, encoding, errors)
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the mark at the end of a complete archive
      raise
    except tarfile.HeaderError as error:  # tarfile takes this for the end too, and the rest would be lost
      raise tarfile.ReadError(f'broken or cut off: {error}') from error
    # tarfile reads extended headers, such as long names, and the maps of sparse files into memory as a whole.
    if member.size > _MAX_BYTES and not member.isreg() or member.type == tarfile.GNUTYPE_SPARSE:
      raise tarfile.ReadError(f'a header of {member.size:,} bytes, of the type {member.type!r}')
    return member


def _read_archive(path: str) -> Iterator[review_lib.Review]:
  try:
    with open(path, 'rb') as file:
      is_gzipped = file.read(2) == b'\x1f\x8b'  # gzip's magic number
    with (gzip.open if is_gzipped else open)(path, 'rb') as file:
      yield from _read_members(path, cast(IO[bytes], file))
      while file.read(1 << 20):  # gzip verifies the checksum at its end
        pass
  except (tarfile.TarError, EOFError, OSError, OverflowError, zlib.error) as error:
    raise ValueError(f'{path}: not a readable tar archive ({error}); download or copy it again') from error


def _read_members(path: str, file: IO[bytes]) -> Iterator[review_lib.Review]:
  with tarfile.open(fileobj=file, mode='r|', tarinfo=_Member) as archive:
    for member in archive:
      if member.name.startswith('/') or '..' in member.name.split('/'):
        raise ValueError(f'{path}: the member {member.name!r} points outside of the archive; refused')
      if member.issym() or member.islnk():
        raise ValueError(f'{path}: the member {member.name!r} is a link; refused')
      if member.size > _MAX_BYTES:
        raise ValueError(f'{path}: the member {member.name!r} holds {member.size:,} bytes; refused')
      content = archive.extractfile(member) if member.isfile() else None
      if content and (match := _MEMBER.search(member.name)):
        yield _to_review(match, content.read())
      archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
