"""Reads labelled reviews from CSV, TSV and JSONL files, also gzipped, in bounded memory."""

import csv
import difflib
import functools
import gzip
import io
import json
import re
from typing import Iterator, Optional
import zlib

from components.imdb_example_gen import review as review_lib

_LABELS = {'0': 0, '1': 1, '0.0': 0, '1.0': 1, 'neg': 0, 'pos': 1, 'negative': 0, 'positive': 1}
_COLUMNS, _OPTIONAL = {'text', 'label', 'split', 'rating', 'review_id'}, ('split', 'rating')
# Read as a byte that is in no UTF-8, for `cleaned` to find: a NUL, at which the csv module stops, and half a pair.
_INVALID, _LONE_SURROGATE = '\udcff', re.compile('[\ud800-\udc7f\udd00-\udfff]')


def read_table(path: str, delimiter: str) -> Iterator[review_lib.Review]:
  csv.field_size_limit(review_lib.MAX)
  size = 0  # of the present row, which may have many lines

  def lines():
    nonlocal size
    for number, line in enumerate(_lines(path), 1):
      size += len(line)
      _refuse_endless(path, number, size)
      yield line.replace('\0', _INVALID)

  rows = csv.reader(lines(), delimiter=delimiter, strict=True)
  try:
    header = _header(path, next(rows, []))
    for number, row in enumerate(rows, 1):
      size = 0
      where = f'{path}, row {number} (ending in line {rows.line_num})'
      if not row:
        continue
      if len(row) != len(header):
        raise ValueError(f'{where}: {len(row)} fields where the header has {len(header)}; quote texts with "..."')
      _refuse_merged(where, row, header, delimiter)
      yield _from_row(where, dict(zip(header, row)), number)
  except csv.Error as error:
    raise ValueError(f'{path}, line {rows.line_num}: {error}') from error


def read_jsonl(path: str) -> Iterator[review_lib.Review]:
  for number, line in enumerate(_lines(path), 1):
    where = f'{path}, line {number}'
    if not line.strip('\0 \t\r\n'):
      continue
    try:
      row = json.loads(line)
    except (ValueError, RecursionError) as error:
      raise ValueError(f'{where}: not JSON ({error})') from error
    if not isinstance(row, dict):
      raise ValueError(f'{where}: not a JSON object with text and label')
    yield _from_row(where, row, number)


def _lines(path: str) -> Iterator[str]:
  """The lines of a table, in bounded memory."""
  opened = gzip.open(path, 'rb') if path.lower().endswith('.gz') else open(path, 'rb')
  number = 0
  # What is no UTF-8 goes through, so that `cleaned` sees it.
  with io.TextIOWrapper(opened, encoding='utf-8-sig', errors='surrogateescape', newline='') as file:
    try:
      for number, line in enumerate(iter(lambda: file.readline(review_lib.MAX), ''), 1):
        _refuse_endless(path, number, len(line))
        yield line
    except (EOFError, OSError, zlib.error) as error:
      raise ValueError(f'{path}, after line {number}: {error}; copy or download it again') from error


def _refuse_endless(path: str, number: int, size: int) -> None:
  if size >= review_lib.MAX:
    raise ValueError(f'{path}, line {number}: a row of {review_lib.MAX:,} characters or more; refused')


@functools.lru_cache(maxsize=1024)
def _misspelt(name: str) -> Optional[str]:
  """The optional column that a name is meant for, if any."""
  return next(iter(difflib.get_close_matches(name.strip().lower(), _OPTIONAL, 1, 0.8)), None)


def _header(path: str, row: list[str]) -> list[str]:
  header = [name.strip().lower() for name in row]
  if not {'text', 'label'} <= set(header):
    found = ', '.join(header) or 'nothing'
    raise ValueError(f'{path}: needs the columns text and label; found: '
                     + (found if found.isprintable() else 'no text in UTF-8'))
  for name in _COLUMNS:
    if header.count(name) > 1:
      raise ValueError(f'{path}: {header.count(name)} columns are called {name}; rename all but one')
  return header


def _from_row(where: str, row: dict, number: int) -> review_lib.Review:
  split = str(row.get('split') or '').strip().lower() or None
  if split not in (None, *review_lib.SPLITS, review_lib.UNLABELED):
    raise ValueError(f'{where}: split {split!r}; a split is one of '
                     + ', '.join((*review_lib.SPLITS, review_lib.UNLABELED)))
  wanted = ('text',) if split == review_lib.UNLABELED else ('text', 'label')
  missing = [key for key in wanted if row.get(key) is None]
  if missing:
    raise ValueError(f'{where}: no {missing[0]!r}; found: {", ".join(map(str, row))}')
  if isinstance(row['text'], (bool, dict, list)):
    raise ValueError(f'{where}: text is {json.dumps(row["text"])[:60]}, not a string')
  for name in row.keys() - _COLUMNS:
    if _misspelt(name) and _misspelt(name) not in row:
      raise ValueError(f'{where}: {name!r} is not known; if {_misspelt(name)!r} is meant, call it so, else rename it')
  label = review_lib.NO_LABEL if split == review_lib.UNLABELED else _LABELS.get(str(row['label']).strip().lower())
  if label is None:
    raise ValueError(f'{where}: label {row["label"]!r}; a label is one of {", ".join(_LABELS)}')
  rating = str(row.get('rating') or '0').strip()
  if not re.fullmatch('[0-9]|10', rating):
    raise ValueError(f'{where}: rating {rating!r}; a rating is a whole number from 1 to 10, or absent')
  text = _LONE_SURROGATE.sub(_INVALID, str(row['text'])).encode('utf-8', 'surrogateescape')
  return review_lib.Review(split, text, label, int(rating), review_lib.printable(str(row.get('review_id') or number)))


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
