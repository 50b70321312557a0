"""Reads labelled reviews from an aclImdb archive or directory, or from CSV, TSV or JSONL files."""

import csv
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
from typing import Iterator, NamedTuple, Optional

from components import hashing

SPLITS = ('train', 'eval', 'test')
UNLABELED = 'unlabeled'  # one more split, of reviews whose label is NO_LABEL
NO_LABEL = -1  # as in scikit-learn
_LABELS = {'0': 0, '1': 1, '0.0': 0, '1.0': 1, 'neg': 0, 'pos': 1, 'negative': 0, 'positive': 1}
_ARCHIVES = ('.tar.gz', '.tgz', '.tar')
_TABLES = ('.csv', '.tsv', '.jsonl')
_KINDS = 'a directory or .tar.gz in aclImdb layout, or a .csv, .tsv or .jsonl file (also .gz), or a directory of these'
# {train,test}/{pos,neg}/<id>_<rating>.txt and train/unsup/<id>_0.txt, below any folder.
_MEMBER = re.compile(r'(?:^|/)(?:(train|test)/(pos|neg)|train/unsup)/([^/]+)\.txt$')
_MAX_REVIEW = 100_000_000  # bytes; far beyond any review, and a bound on what a hostile archive can make us hold
_REPLACEMENT = '\ufffd'.encode()
# Read as a byte that is in no UTF-8, for `cleaned` to find: a NUL, at which the csv module stops, and half a pair.
_INVALID, _LONE_SURROGATE = '\udcff', re.compile('[\ud800-\udc7f\udd00-\udfff]')


class Review(NamedTuple):
  """One review; split is None where the source names none, the text as it is there: see `cleaned`."""

  split: Optional[str]
  text: bytes
  label: int
  rating: int
  review_id: str


def cleaned(text: bytes) -> bytes:
  """The text in valid UTF-8: bytes that are none, and NUL, become U+FFFD, which separates words."""
  return text.decode('utf-8', 'replace').encode().replace(b'\0', _REPLACEMENT)


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
  if tables := _tables_in(path):
    return tables
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
  if tables := _tables_in(path):
    return tables
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
      digest.update(f'{os.path.relpath(file, path)}\0'.encode())
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
    yield from _read_jsonl(path)
  else:
    yield from _read_table(path, '\t' if _bare_name(path).endswith('.tsv') else ',')


def has_eval_split(path: str) -> bool:
  """Whether the source itself says which reviews are for evaluation during training."""
  tables = _tables_in(path) if os.path.isdir(path) else [path] if _bare_name(path).endswith(_TABLES) else []
  return any(review.split == 'eval' for table in tables for review in read(table))


def _bare_name(path: str) -> str:
  """The file name in lower case, without a `.gz` behind a table's ending."""
  name = os.path.basename(path).lower()
  return name[:-3] if name.endswith(tuple(ending + '.gz' for ending in _TABLES)) else name


def _tables_in(directory: str) -> list[str]:
  """The tables directly in a directory, parts of one that is large; none where it has the aclImdb layout."""
  names = sorted(os.listdir(directory))
  if {'train', 'test', 'aclImdb'} & set(names):
    return []
  return [os.path.join(directory, name) for name in names if _bare_name(name).endswith(_TABLES)]


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
    return Review(UNLABELED, text, NO_LABEL, 0, f'{UNLABELED}/{review_id}')
  rating = review_id.rpartition('_')[2]
  return Review(split, text, int(sentiment == 'pos'), int(rating) if rating.isdigit() else 0,
                f'{split}/{sentiment}/{review_id}')


def _read_directory(path: str) -> Iterator[Review]:
  for name in sorted(os.listdir(path)):
    full = os.path.join(path, name)
    if name.endswith('.txt'):
      with open(full, 'rb') as file:
        yield _from_member(full.replace(os.sep, '/'), file.read())


def _read_archive(path: str) -> Iterator[Review]:
  try:
    with tarfile.open(path, 'r|*') as archive:
      for member in archive:
        if member.name.startswith('/') or '..' in member.name.split('/'):
          raise ValueError(f'{path}: the member {member.name!r} points outside of the archive; refused')
        if member.issym() or member.islnk():
          raise ValueError(f'{path}: the member {member.name!r} is a link; refused')
        if member.size > _MAX_REVIEW:
          raise ValueError(f'{path}: the member {member.name!r} holds {member.size:,} bytes; refused')
        if member.isfile() and _MEMBER.search(member.name):
          yield _from_member(member.name, archive.extractfile(member).read())
        archive.members.clear()  # tarfile keeps every header it has seen
  except (tarfile.TarError, EOFError, OSError) as error:
    raise ValueError(f'{path}: not a readable tar archive ({error}); download or copy it again') from error


def _open_text(path: str) -> io.TextIOBase:
  opened = gzip.open(path, 'rb') if path.lower().endswith('.gz') else open(path, 'rb')
  # What is no UTF-8 goes through, so that `cleaned` sees it.
  return io.TextIOWrapper(opened, encoding='utf-8-sig', errors='surrogateescape', newline='')


def _from_row(where: str, row: dict, number: int) -> Review:
  split = str(row.get('split') or '').strip().lower() or None
  if split not in (None, *SPLITS, UNLABELED):
    raise ValueError(f'{where}: split {split!r}; a split is one of {", ".join((*SPLITS, UNLABELED))}')
  missing = [key for key in (('text',) if split == UNLABELED else ('text', 'label')) if row.get(key) is None]
  if missing:
    raise ValueError(f'{where}: no {missing[0]!r}; found: {", ".join(map(str, row))}')
  label = NO_LABEL if split == UNLABELED else _LABELS.get(str(row['label']).strip().lower())
  if label is None:
    raise ValueError(f'{where}: label {row["label"]!r}; a label is one of {", ".join(_LABELS)}')
  rating = str(row.get('rating') or '0').strip()
  if not rating.isdigit() or int(rating) > 10:
    raise ValueError(f'{where}: rating {rating!r}; a rating is a whole number from 1 to 10, or absent')
  text = _LONE_SURROGATE.sub(_INVALID, str(row['text'])).encode('utf-8', 'surrogateescape')
  review_id = str(row.get('review_id') or number).encode('utf-8', 'replace').decode()
  return Review(split, text, label, int(rating), review_id)


def _read_table(path: str, delimiter: str) -> Iterator[Review]:
  csv.field_size_limit(_MAX_REVIEW)
  with _open_text(path) as file:
    rows = csv.reader((line.replace('\0', _INVALID) for line in file), delimiter=delimiter, strict=True)
    try:
      header = [name.strip().lower() for name in next(rows, [])]
      if not {'text', 'label'} <= set(header):
        raise ValueError(f'{path}: needs the columns text and label; found: {", ".join(header) or "nothing"}')
      for number, row in enumerate(rows, 1):
        where = f'{path}, row {number} (ending in line {rows.line_num})'
        if not row:
          continue
        if len(row) != len(header):
          raise ValueError(f'{where}: {len(row)} fields where the header has {len(header)}; quote texts with "..."')
        _refuse_merged(where, row, header, delimiter)
        yield _from_row(where, dict(zip(header, row)), number)
    except (csv.Error, EOFError, OSError) as error:
      raise ValueError(f'{path}, line {rows.line_num}: {error}') from error


def _refuse_merged(where: str, row: list[str], header: list[str], delimiter: str) -> None:
  """Raises ValueError where two stray quotes have made one row of several: a line of the text ends as a row does."""
  place = header.index('text')
  ahead, behind = header[:place], header[place + 1:]
  lines = row[place].replace('\r', '\n').split('\n')
  for end, start in zip(lines, lines[1:]):
    first, last = start.split(delimiter), end.split(delimiter)
    if len(first) <= len(ahead) or len(last) <= len(behind):
      continue
    values = dict(zip(ahead + behind, first[:len(ahead)] + last[len(last) - len(behind):]))
    if values['label'].strip().lower() in _LABELS:
      raise ValueError(f'{where}: a line of the text, {end[-40:]!r}, ends where a row could: a stray quote may have '
                       'made one row of several; double the quotes inside of texts ("")')


def _read_jsonl(path: str) -> Iterator[Review]:
  with _open_text(path) as file:
    for number, line in enumerate(file, 1):
      where = f'{path}, line {number}'
      if not line.strip('\0 \t\r\n'):
        continue
      try:
        row = json.loads(line)
      except json.JSONDecodeError as error:
        raise ValueError(f'{where}: not JSON ({error})') from error
      if not isinstance(row, dict):
        raise ValueError(f'{where}: not a JSON object with text and label')
      yield _from_row(where, row, number)
