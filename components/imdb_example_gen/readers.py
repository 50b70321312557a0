"""Reads labelled reviews from an aclImdb archive or directory, or from CSV, TSV or JSONL files."""

import gzip
import hashlib
import os
import re
import tarfile
from typing import BinaryIO, Iterator, Optional
import zlib

from components.common import hashing
from components.imdb_example_gen import review as review_lib
from components.imdb_example_gen import tables

SPLITS, UNLABELED, NO_LABEL = review_lib.SPLITS, review_lib.UNLABELED, review_lib.NO_LABEL
Review, cleaned = review_lib.Review, review_lib.cleaned
_ARCHIVES = ('.tar.gz', '.tgz', '.tar')
_TABLES = ('.csv', '.tsv', '.jsonl')
_KINDS = 'a directory or .tar.gz in aclImdb layout, or a .csv, .tsv or .jsonl file (also .gz), or a directory of these'
# {train,test}/{pos,neg}/<id>_<rating>.txt and train/unsup/<id>_0.txt, below any folder.
_MEMBER = re.compile(r'(?:^|/)(?:(train|test)/(pos|neg)|train/unsup)/([^/]+)\.txt$')


def check(path: str) -> None:
  """Raises ValueError, saying what to do, unless `path` is something that `read` can read."""
  if not os.path.exists(path):
    raise ValueError(f'{path}: no such file or directory; --data takes {_KINDS}')
  if os.path.isdir(path):
    if not _tables_in(path):
      _layout_root(path)
  elif not _bare_name(path).endswith(_ARCHIVES + _TABLES):
    raise ValueError(f'{path}: unknown kind of file; --data takes {_KINDS}')


def parts(path: str) -> list[str]:
  """Splits a source into parts that can be read side by side by `read`."""
  check(path)
  if not os.path.isdir(path):
    return [path]
  if found := _tables_in(path):
    return found
  root = _layout_root(path)
  return [os.path.join(root, split, sentiment) for split in ('train', 'test') for sentiment in ('neg', 'pos')]


def check_unlabeled(path: str) -> None:
  """Raises ValueError, saying what to do, unless `path` is something that may hold unlabeled reviews."""
  if not os.path.isdir(path):
    check(path)
  elif not unlabeled_parts(path):
    raise ValueError(f'{path}: holds neither train/unsup/ nor aclImdb/train/unsup/; --unlabeled takes {_KINDS}')


def unlabeled_parts(path: str) -> list[str]:
  """The same, with the unlabeled reviews, which an archive and a table hold among the others; may be empty."""
  if not os.path.isdir(path):
    return [path]
  if found := _tables_in(path):
    return found
  folders = (os.path.join(path, *below, 'train', 'unsup') for below in ((), ('aclImdb',)))
  return [folder for folder in folders if os.path.isdir(folder)]


def content_hash(path: str) -> str:
  """SHA-256 of a file's content, or of the names and contents of all labelled reviews below a directory, in hex."""
  return _hash_of(path, parts(path))


def unlabeled_hash(path: str) -> str:
  """The same, with a directory's unlabeled reviews."""
  return _hash_of(path, unlabeled_parts(path))


def _hash_of(path: str, found: list[str]) -> str:
  if not os.path.isdir(path):
    return hashing.file_hash(path)
  digest = hashlib.sha256()
  for part in found:
    files = [os.path.join(part, name) for name in sorted(os.listdir(part))] if os.path.isdir(part) else [part]
    for file in files:
      digest.update(os.fsencode(f'{os.path.relpath(file, path)}\0'))
      digest.update(hashing.file_hash(file).encode())
  return digest.hexdigest()


def read(path: str) -> Iterator[Review]:
  """Yields the reviews of one of `parts`.

  Raises:
    ValueError: malformed content; the message names the file and the row or member.
  """
  if os.path.isdir(path):
    yield from _read_directory(path)
  elif _bare_name(path).endswith(_ARCHIVES):
    yield from _read_archive(path)
  elif _bare_name(path).endswith('.jsonl'):
    yield from tables.read_jsonl(path)
  else:
    yield from tables.read_table(path, '\t' if _bare_name(path).endswith('.tsv') else ',')


def has_eval_split(path: str) -> bool:
  """Whether the source itself says which reviews are for evaluation during training."""
  found = _tables_in(path) if os.path.isdir(path) else [path] if _bare_name(path).endswith(_TABLES) else []
  return any(review.split == 'eval' for table in found for review in read(table))


def _bare_name(path: str) -> str:
  """The file name in lower case, without a `.gz` behind a table's ending."""
  name = os.path.basename(path).lower()
  return name[:-3] if name.endswith(tuple(ending + '.gz' for ending in _TABLES)) else name


def _tables_in(directory: str) -> list[str]:
  """The tables directly in a directory, parts of one that is large; none where it has the aclImdb layout."""
  names = sorted(os.listdir(directory))
  if {'train', 'test', 'aclImdb'} & set(names):
    return []
  found = [os.path.join(directory, name) for name in names if _bare_name(name).endswith(_TABLES)]
  for table in found:
    try:
      table.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{table!a}: a name that is no UTF-8; rename it') from error
  return found


def _layout_root(path: str) -> str:
  """The directory that holds train/ and test/: the path itself, or aclImdb in it."""
  for root in (path, os.path.join(path, 'aclImdb')):
    if os.path.isdir(os.path.join(root, 'train')) or os.path.isdir(os.path.join(root, 'test')):
      break
  else:
    raise ValueError(f'{path}: holds neither train/ and test/ nor aclImdb/, nor tables; --data takes {_KINDS}')
  for split in ('train', 'test'):
    for sentiment in ('neg', 'pos'):
      if not os.path.isdir(os.path.join(root, split, sentiment)):
        raise ValueError(f'{root}: {split}/{sentiment}/ is missing; the aclImdb layout has {{train,test}}/{{pos,neg}}/')
  return root


def _from_member(name: str, text: bytes) -> Optional[Review]:
  match = _MEMBER.search(name)
  if not match:
    return None
  split, sentiment, review_id = match.groups()
  if split is None:
    return Review(UNLABELED, text, NO_LABEL, 0, review_lib.printable(f'{UNLABELED}/{review_id}'))
  rating = re.search('_([0-9]{1,2})$', review_id)
  return Review(split, text, int(sentiment == 'pos'), int(rating[1]) if rating else 0,
                review_lib.printable(f'{split}/{sentiment}/{review_id}'))


def _read_directory(path: str) -> Iterator[Review]:
  for name in sorted(os.listdir(path)):
    full = os.path.join(path, name)
    if name.endswith('.txt'):
      with open(full, 'rb') as file:
        yield _from_member(full.replace(os.sep, '/'), file.read())


class _Member(tarfile.TarInfo):
  """A member of an archive, read more strictly than tarfile does."""

  @classmethod
  def frombuf(cls, buf, encoding, errors):
    try:
      member = super().frombuf(buf, encoding, errors)
    except tarfile.EOFHeaderError:  # the mark at an archive's end
      raise
    except tarfile.HeaderError as error:  # for tarfile, this ends an archive too, and what follows would be lost
      raise tarfile.ReadError(f'broken or cut off: {error}') from error
    # tarfile reads long names and the like whole, and of sparse files the map of what is there.
    if member.size > review_lib.MAX and not member.isreg() or member.type == tarfile.GNUTYPE_SPARSE:
      raise tarfile.ReadError(f'a header of {member.size:,} bytes, of the type {member.type!r}')
    return member


def _read_archive(path: str) -> Iterator[Review]:
  try:
    with open(path, 'rb') as file:
      packed = file.read(2) == b'\x1f\x8b'  # gzip's mark
    with (gzip.open if packed else open)(path, 'rb') as file:
      yield from _read_members(path, file)
      while file.read(1 << 20):  # to the checksum at its end
        pass
  except (tarfile.TarError, EOFError, OSError, OverflowError, zlib.error) as error:
    raise ValueError(f'{path}: not a readable tar archive ({error}); download or copy it again') from error


def _read_members(path: str, file: BinaryIO) -> Iterator[Review]:
  with tarfile.open(fileobj=file, mode='r|', tarinfo=_Member) as archive:
    for member in archive:
      if member.name.startswith('/') or '..' in member.name.split('/'):
        raise ValueError(f'{path}: the member {member.name!r} points outside of the archive; refused')
      if member.issym() or member.islnk():
        raise ValueError(f'{path}: the member {member.name!r} is a link; refused')
      if member.size > review_lib.MAX:
        raise ValueError(f'{path}: the member {member.name!r} holds {member.size:,} bytes; refused')
      if member.isfile() and _MEMBER.search(member.name):
        yield _from_member(member.name, archive.extractfile(member).read())
      archive.members.clear()  # tarfile keeps every header it has seen
