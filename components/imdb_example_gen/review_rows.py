"""Turns rows of CSV, TSV and JSONL files into reviews, and refuses those that cannot be trained on."""

import difflib
import functools
import json
import re
from typing import Iterator, Optional

from components.common import csv_and_jsonl
from components.imdb_example_gen import review as review_lib
from models import features

_LABELS = {'0': 0, '1': 1, '0.0': 0, '1.0': 1, 'neg': 0, 'pos': 1, 'negative': 0, 'positive': 1}
_COLUMNS, _OPTIONAL = {'text', 'label', 'split', 'rating', 'review_id'}, ('split', 'rating')
_RATING = re.compile(r'([0-9]|10)(?:\.0)?')  # pandas writes a column of whole numbers with gaps as 7.0
# JSON can hold half a surrogate pair. It is encoded as a byte that is not UTF-8, for `clean_text` to replace.
_INVALID, _LONE_SURROGATE = '\udcff', re.compile('[\ud800-\udc7f\udd00-\udfff]')


def read(path: str) -> Iterator[review_lib.Review]:
  """Read the reviews of a table.

  Args:
    path: path of a .csv, .tsv or .jsonl file (also .gz) with the columns text and label and, optionally, split, rating
      and review_id; a CSV or TSV file has a header.

  Yields:
    Reviews with their texts as they are in the file.

  Raises:
    ValueError: malformed content; the message names the file and the row or line.
  """
  delimiter = csv_and_jsonl.DELIMITERS.get(csv_and_jsonl.table_format(path) or '')
  for row in csv_and_jsonl.read_rows(path, functools.partial(_check_header, path)):
    if delimiter:
      _check_stray_quotes(row, delimiter)
    yield _to_review(row)


def _check_header(path: str, names: list[str]) -> list[str]:
  header = [name.strip().lower() for name in names]
  if not {'text', 'label'} <= set(header):
    found = ', '.join(header) or 'nothing'
    raise ValueError(f'{path}: needs the columns text and label; found: '
                     + (found if found.isprintable() else 'text that is not UTF-8'))
  for name in _COLUMNS:
    if header.count(name) > 1:
      raise ValueError(f'{path}: {header.count(name)} columns are called {name}; rename all but one')
  return header


def _to_review(row: csv_and_jsonl.Row) -> review_lib.Review:
  where, values = row.where, row.values
  split = str(values.get('split') or '').strip().lower() or None
  if split not in (None, *features.SPLITS, features.UNLABELED):
    raise ValueError(f'{where}: split {split!r}; a split is one of '
                     + ', '.join((*features.SPLITS, features.UNLABELED)))
  required = ('text',) if split == features.UNLABELED else ('text', 'label')
  missing = [key for key in required if values.get(key) is None]
  if missing:
    raise ValueError(f'{where}: no {missing[0]!r}; found: {", ".join(map(str, values))}')
  if isinstance(values['text'], (bool, dict, list)):
    raise ValueError(f'{where}: text is {json.dumps(values["text"])[:60]}, not a string')
  for name in values.keys() - _COLUMNS:
    if (meant := _misspelled_column(name)) and meant not in values:
      raise ValueError(f'{where}: unknown column {name!r}; rename it to {meant!r} if that is meant, or to another name')
  label = features.NO_LABEL if split == features.UNLABELED else _LABELS.get(str(values['label']).strip().lower())
  if label is None:
    raise ValueError(f'{where}: label {values["label"]!r}; a label is one of {", ".join(_LABELS)}')
  rating = str(values.get('rating') or '0').strip()
  if not (match := _RATING.fullmatch(rating)):
    raise ValueError(f'{where}: rating {rating!r}; a rating is a whole number from 1 to 10, or absent')
  text = _LONE_SURROGATE.sub(_INVALID, str(values['text'])).encode('utf-8', 'surrogateescape')
  review_id = review_lib.clean_id(str(values.get('review_id') or row.number))
  return review_lib.Review(split, text, label, int(match[1]), review_id)


@functools.lru_cache(maxsize=1024)
def _misspelled_column(name: str) -> Optional[str]:
  """Return the optional column that a name is likely to stand for, if any."""
  return next(iter(difflib.get_close_matches(name.strip().lower(), _OPTIONAL, 1, 0.8)), None)


def _check_stray_quotes(row: csv_and_jsonl.Row, delimiter: str) -> None:
  """Raise ValueError if two stray quotes have merged several rows into one.

  A quote at the start of one row's text and another at the end of a later row's text are valid CSV: all rows between
  them become one text. A quoted text of several lines is valid too and must be read, so a row is refused only if *each*
  of its lines, without the quotes, is a complete row of this very table: as many fields as the header has, and a bare
  label in its column. Prose does not hit this rule: it has a space behind a comma, or the comma is in a number such as
  8,0, which does not count; it has another number of commas from line to line; and it has no tabs. What is refused is a
  text that consists of rows of its own table, byte for byte what stray quotes produce; the message says how to have it
  read all the same.
  """
  text = row.values['text']
  if '\n' not in text and '\r' not in text:
    return
  lines = delimiter.join(row.values.values()).replace('\r\n', '\n').replace('\r', '\n').split('\n')
  if all(_is_complete_row(line.split(delimiter), list(row.values)) for line in lines):
    raise ValueError(
        f'{row.where}: each of its {len(lines)} lines is a complete row, such as {lines[0][-40:]!r}: a stray quote may '
        'have merged them; double the quotes inside of texts (""), or, if it is one text, put spaces behind its commas')


def _is_complete_row(fields: list[str], columns: list[str]) -> bool:
  if len(fields) != len(columns) or fields[columns.index('label')].lower() not in _LABELS:
    return False
  place = columns.index('text')
  text, before, after = fields[place], fields[:place], fields[place + 1:]
  starts_in_number = bool(before) and before[-1][-1:].isdecimal() and text[:1].isdecimal()
  ends_in_number = bool(after) and after[0][:1].isdecimal() and text[-1:].isdecimal()
  return not (starts_in_number or ends_in_number)
