"""Reviews in the layout of the Large Movie Review Dataset: a file for each, in a directory, a .tar or a .zip."""

import functools
import hashlib
import os
import re
import stat
import tarfile
from typing import Callable, Iterable, Iterator
import zipfile

from components.common import text_files
from components.imdb_example_gen import review as review_lib
from models import features

# {train,test}/{pos,neg}/<id>_<rating>.txt and train/unsup/<id>_0.txt, below any folder.
_REVIEW = re.compile(r'(?:^|/)(?:(train|test)/(pos|neg)|train/unsup)/([^/]+)\.txt$')
# Files of the dataset beside the reviews.
_OFFICIAL = re.compile(r'(?:^|/)(README|imdb\.vocab|imdbEr\.txt|(train|test)/(urls_\w+\.txt|\w+\.feat))$')
_REVIEW_FOLDERS = frozenset(('train', 'test', 'pos', 'neg', 'unsup'))
_MAX_BYTES = 100_000_000  # of a member: far beyond any review, and a bound on what a decompression bomb can take
_TAR_ERRORS = (tarfile.TarError, OverflowError, *text_files.READ_ERRORS)


def is_review(name: str) -> bool:
  """Return whether the layout says that a file is a review.

  Args:
    name: its path in the archive or below the directory, separated by slashes.
  """
  return bool(_REVIEW.search(name)) and not text_files.is_side_file(name)


def read_tar(path: str, report: review_lib.Report) -> Iterator[review_lib.Review]:
  """Read the reviews of a .tar, which may be compressed.

  Args:
    path: path of the archive.
    report: is called for each member that is not read as a review.

  Yields:
    Reviews, labelled and unlabeled.

  Raises:
    ValueError: the archive cannot be read; the message names the archive and the member.
  """
  try:
    with text_files.open_binary(path) as file:
      # The class is of this archive alone: it remembers whether an end mark was the last that was read.
      tarinfo = type('_Member', (_Member,), {'is_at_end': False})
      with tarfile.open(fileobj=file, mode='r|', tarinfo=tarinfo, ignore_zeros=True) as archive:
        yield from _read_members(path, _tar_members(path, archive), report)
      while file.read(1 << 20):  # gzip verifies the checksum at its end
        pass
  except _TAR_ERRORS as error:
    raise ValueError(f'{path}: not a readable tar archive ({error}); download or copy it again') from error


def read_zip(path: str, report: review_lib.Report) -> Iterator[review_lib.Review]:
  """Read the reviews of a .zip; arguments and errors as for `read_tar`."""
  try:
    with zipfile.ZipFile(path) as archive:
      yield from _read_members(path, _zip_members(path, archive), report)
  except (RuntimeError, *text_files.READ_ERRORS) as error:  # RuntimeError: encrypted
    raise ValueError(f'{path}: not a readable zip archive ({error}); download or copy it again') from error


def read_folder(path: str, report: review_lib.Report) -> Iterator[review_lib.Review]:
  """Read the reviews of one folder of the layout, such as train/pos; `report` as for `read_tar`."""
  folder = '/'.join(path.replace(os.sep, '/').rstrip('/').split('/')[-2:])
  for name in sorted(os.listdir(path)):
    full = os.path.join(path, name)
    if not is_review(f'{folder}/{name}'):
      _report_other(f'{folder}/{name}', full, report)
      continue
    with open(full, 'rb') as file:
      text = file.read()
    yield from _to_reviews(f'{folder}/{name}', full, text, report)


def report_other_files(root: str, report: review_lib.Report) -> None:
  """Report the files below a directory of the layout that are in none of the folders that `read_folder` reads.

  Args:
    root: the directory with train/ and test/.
    report: see `read_tar`.
  """
  for directory, folders, names in os.walk(root):
    below = os.path.relpath(directory, root).replace(os.sep, '/')
    folders[:] = [name for name in sorted(folders) if not is_review(f'{below}/{name}/1.txt')]
    for name in sorted(names):
      relative = name if below == '.' else f'{below}/{name}'
      _report_other(relative, os.path.join(directory, name), report)


def _report_other(name: str, where: str, report: review_lib.Report) -> None:
  """Report a file that is not a review: as a bad row if it may be one that has the wrong name."""
  if text_files.is_side_file(name):
    report(review_lib.Problem(review_lib.OTHER_FILES, f'{where}: left by a program'))
  elif not _OFFICIAL.search(name):
    if _REVIEW_FOLDERS & set(name.split('/')[:-1]):
      report(review_lib.Problem(
          review_lib.BAD_ROWS, f'{where}: not in the aclImdb layout, {{train,test}}/{{pos,neg}}/<id>_<rating>.txt and '
          'train/unsup/<id>_0.txt; rename, move or remove it'))
    else:
      report(review_lib.Problem(review_lib.OTHER_FILES, f'{where}: outside of the aclImdb layout'))


def _to_reviews(name: str, where: str, text: bytes, report: review_lib.Report) -> Iterator[review_lib.Review]:
  """Yield the review in a file of the layout, or report that its text is missing."""
  match = _REVIEW.search(name)
  assert match
  if not text.strip(b'\0 \t\r\n'):
    report(review_lib.Problem(review_lib.BAD_ROWS, f'{where}: the text is empty'))
    return
  split, sentiment, stem = match.groups()
  if split is None:
    yield review_lib.Review(features.UNLABELED, text, features.NO_LABEL, 0, _review_id(match))
    return
  rating = re.search('_([0-9]{1,2})$', stem)
  yield review_lib.Review(split, text, int(sentiment == 'pos'), int(rating[1]) if rating else 0, _review_id(match))


def _review_id(match: re.Match[str]) -> str:
  split, sentiment, stem = match.groups()
  return review_lib.clean_id(f'{split}/{sentiment}/{stem}' if split else f'{features.UNLABELED}/{stem}')


class _Member(tarfile.TarInfo):
  """A member of an archive whose header is checked more strictly than tarfile does."""

  is_at_end = False

  @classmethod
  def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> '_Member':
    """Read a header."""
    try:
      member = super().frombuf(buf, encoding, errors)
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # an end mark; another archive may follow
      cls.is_at_end = True
      raise
    except tarfile.HeaderError as error:  # tarfile takes this for the end too, and the rest would be lost
      if cls.is_at_end and isinstance(error, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
        raise
      what = 'data that is not a tar archive follows its end mark' if cls.is_at_end else 'broken or cut off'
      raise tarfile.ReadError(f'{what}: {error}') from error
    cls.is_at_end = False
    # tarfile reads extended headers, such as long names, and the maps of sparse files into memory as a whole.
    if member.size > _MAX_BYTES and not member.isreg() or member.type == tarfile.GNUTYPE_SPARSE:
      raise tarfile.ReadError(f'a header of {member.size:,} bytes, of the type {member.type!r}')
    return member


def _tar_members(path: str, archive: tarfile.TarFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
  """Yield (name, function that reads the content) of each file."""
  for member in archive:
    if member.issym() or member.islnk():
      raise ValueError(f'{path}: the member {member.name!r} is a link; refused')
    if member.size > _MAX_BYTES:
      raise ValueError(f'{path}: the member {member.name!r} holds {member.size:,} bytes; refused')
    content = archive.extractfile(member) if member.isfile() else None
    if content:
      yield member.name, content.read
    archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps every header it has seen


def _zip_members(path: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
  for member in archive.infolist():
    if member.file_size > _MAX_BYTES:
      raise ValueError(f'{path}: the member {member.filename!r} holds {member.file_size:,} bytes; refused')
    if stat.S_ISLNK(member.external_attr >> 16):
      raise ValueError(f'{path}: the member {member.filename!r} is a link; refused')
    if not member.is_dir():
      yield member.filename, functools.partial(archive.read, member)


def _read_members(path: str, members: Iterable[tuple[str, Callable[[], bytes]]],
                  report: review_lib.Report) -> Iterator[review_lib.Review]:
  """Yield the reviews among the members of an archive; of a member that is repeated, the first."""
  digests: dict[str, bytes] = {}
  names = []
  for name, read in members:
    if name.startswith('/') or '..' in name.split('/'):
      raise ValueError(f'{path}: the member {name!r} points outside of the archive; refused')
    where = f'{path}, member {name!r}'
    if not is_review(name):
      names.append(name)
      _report_other(name, where, report)
      continue
    match = _REVIEW.search(name)
    assert match
    text = read()
    review_id, digest = _review_id(match), hashlib.blake2b(text, digest_size=16).digest()
    if (former := digests.setdefault(review_id, digest)) is not digest:
      if former != digest:
        raise ValueError(f'{where}: {review_id} occurs more than once in the archive, with different texts; keep one')
      report(review_lib.Problem(review_lib.REPEATED_MEMBERS, f'{where}: repeated'))
      continue
    yield from _to_reviews(name, where, text, report)
  if not digests:
    raise ValueError(f'{path}: holds no reviews in the aclImdb layout, {{train,test}}/{{pos,neg}}/<id>_<rating>.txt; '
                     f'it holds: {", ".join(names[:3]) or "nothing"}; unpack it if these are tables')
