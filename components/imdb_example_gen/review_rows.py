"""Turns rows of tables into reviews, and reports those that cannot be trained on."""

import collections
import difflib
import functools
import re
from typing import Any, Iterator, Mapping, NamedTuple, Optional

from components.common import tables
from components.imdb_example_gen import labels as labels_lib
from components.imdb_example_gen import review as review_lib
from models import features

LABEL_COLUMNS = ('label', 'sentiment')
_OTHER_COLUMNS = 'name others with --text-column and --label-column'
_OPTIONAL = ('split', 'rating', 'review_id')
_MISSPELLED = ('split', 'rating')
_SPLITS = {
    **dict.fromkeys(('train', 'training'), features.TRAIN),
    **dict.fromkeys(('eval', 'val', 'valid', 'validation', 'dev', 'development'), features.EVAL),
    **dict.fromkeys(('test', 'testing'), features.TEST),
    **dict.fromkeys(('unlabeled', 'unlabelled', 'unsup', 'unsupervised'), features.UNLABELED)}
_RATING = re.compile(r'([0-9]|10)(?:\.0)?')  # pandas writes a column of whole numbers with gaps as 7.0
_MAX_LABELS = 1_000  # different ones that are counted: a column with more holds something else
# JSON can hold half a surrogate pair. It is encoded as a byte that is not UTF-8, for `clean_text` to replace.
_INVALID, _LONE_SURROGATE = '\udcff', re.compile('[\ud800-\udc7f\udd00-\udfff]')


class Options(NamedTuple):
  """How tables are read.

  Attributes:
    text_column: name of the column with the text; empty for one of tables.TEXT_COLUMNS.
    label_column: name of the column with the label; empty for one of LABEL_COLUMNS.
    labels: what the labels mean, as labels.parse takes it; empty to infer it.
    max_bad_rows: share of the rows (0 to 1) that may be unusable.
  """

  text_column: str = ''
  label_column: str = ''
  labels: str = ''
  max_bad_rows: float = 0.01


DEFAULT_OPTIONS = Options()


class Survey(NamedTuple):
  """What only a look at all rows tells.

  Attributes:
    labels: what the labels mean.
    splits: the splits that rows are assigned to.
    has_repeated_ids: whether two rows of a table have the same id.
  """

  labels: labels_lib.Meaning
  splits: frozenset[str]
  has_repeated_ids: bool


class _BadRowError(Exception):
  """A row cannot be trained on; the message says why.

  Attributes:
    rows: how many rows of the file it stands for.
  """

  def __init__(self, message: str, rows: int = 1):
    super().__init__(message)
    self.rows = rows


class _Columns(NamedTuple):
  """The names of a table's columns; None for those it does not have."""

  text: Optional[str]
  label: Optional[str]
  split: Optional[str]
  rating: Optional[str]
  review_id: Optional[str]


def split_of_name(name: str) -> Optional[str]:
  """Return the split that a name such as `validation` stands for; None for any other name."""
  return _SPLITS.get(name.strip().lower())


def survey(paths: Mapping[str, Optional[str]], options: Options) -> Survey:
  """Look at all rows of the tables of a source.

  Args:
    paths: the tables, each with the split of the rows that name none themselves, as for `read`.
    options: how to read them.

  Returns:
    The survey.

  Raises:
    ValueError: a table cannot be read, or its labels are ambiguous; the message says what to do.
  """
  counts: collections.Counter[str] = collections.Counter()
  splits, has_repeated_ids, path = set(), False, ''
  for path, default_split in paths.items():
    ids = set()
    for row, columns in _read_rows(path, options, default_split):
      if row.error or tables.describe_missing_text('', _value(row, columns.text)):
        continue
      label = labels_lib.normalize(_value(row, columns.label))
      if label and (label in counts or len(counts) < _MAX_LABELS):
        counts[label] += 1
      splits.add(split_of_name(_text_of(_value(row, columns.split))) or default_split)
      if columns.review_id and not has_repeated_ids:
        id_ = hash(_review_id(row, columns))
        has_repeated_ids = id_ in ids
        ids.add(id_)
  try:
    meaning = labels_lib.parse(options.labels) or labels_lib.infer(counts, options.max_bad_rows)
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from error
  return Survey(meaning, frozenset(split for split in splits if split), has_repeated_ids)


def read(path: str, options: Options, surveyed: Survey, report: review_lib.Report,
         default_split: Optional[str] = None) -> Iterator[review_lib.Review]:
  """Read the reviews of a table.

  Args:
    path: path of a table with a text and a label in each row and, optionally, split, rating and review_id.
    options: how to read it.
    surveyed: of all tables of the source.
    report: is called for each row that cannot be used; it may raise an exception.
    default_split: split of the rows that name none themselves; None if the source assigns them no split.

  Yields:
    Reviews with their texts as they are in the file.

  Raises:
    ValueError: the file cannot be read; the message names the file and the row or line.
  """
  for row, columns in _read_rows(path, options, default_split):
    try:
      if row.error:
        raise _BadRowError(row.error)
      _check_stray_quotes(row, columns, surveyed.labels)
      review = _to_review(row, columns, surveyed.labels, default_split)
    except _BadRowError as error:
      for _ in range(error.rows):
        report(review_lib.Problem(review_lib.BAD_ROWS, f'{row.where}: {error}'))
      continue
    if surveyed.has_repeated_ids and columns.review_id:
      review = review._replace(review_id=f'{review.review_id}#{row.number}')
    yield review


def unlabeled_split(path: str, options: Options) -> Optional[str]:
  """Return `unlabeled` for a table with neither labels nor splits, by its first row, and None for others."""
  for _, columns in _read_rows(path, options, features.UNLABELED):
    return None if columns.label or columns.split else features.UNLABELED
  return None


def _read_rows(path: str, options: Options,
               default_split: Optional[str] = None) -> Iterator[tuple[tables.Row, _Columns]]:
  """Yield the rows of a table, each with the names of its columns."""
  def check_header(names):
    columns = _find_columns(tuple(names), options)
    needs_label = not columns.split and default_split != features.UNLABELED
    if not columns.text or needs_label and not columns.label:
      wanted = [option or default for option, default in
                ((options.text_column, tables.TEXT_COLUMNS[0]), (options.label_column, LABEL_COLUMNS[0]))]
      found = ', '.join(names) or 'nothing'
      raise ValueError(f'needs the columns {wanted[0]} and {wanted[1]}; found: '
                       + (found if found.isprintable() else 'bytes that are not text')
                       + f'; {_OTHER_COLUMNS}, or add a header if there is none')
    _check_spelling(names, columns)

  for row in tables.read_rows(path, check_header):
    try:
      yield row, _find_columns(tuple(row.values), options)
    except ValueError as error:
      yield row._replace(error=str(error)), _Columns(None, None, None, None, None)


@functools.lru_cache(maxsize=1024)
def _find_columns(names: tuple[str, ...], options: Options) -> _Columns:
  return _Columns(
      tables.find_column(names, [options.text_column] if options.text_column else tables.TEXT_COLUMNS),
      tables.find_column(names, [options.label_column] if options.label_column else LABEL_COLUMNS),
      *(tables.find_column(names, [name]) for name in _OPTIONAL))


def _check_spelling(names, columns):
  """Raise ValueError for a column whose name is nearly that of an optional one which is missing."""
  for name in names:
    meant = _misspelled_column(name)
    if meant and name not in columns and not getattr(columns, meant):
      raise ValueError(f'unknown column {name!r}; rename it to {meant!r} if that is meant, or to another name')


@functools.lru_cache(maxsize=1024)
def _misspelled_column(name: str) -> Optional[str]:
  """Return the optional column that a name is likely to stand for, if any."""
  return next(iter(difflib.get_close_matches(name.strip().lower(), _MISSPELLED, 1, 0.8)), None)


def _to_review(row: tables.Row, columns: _Columns, meaning: labels_lib.Meaning,
               default_split: Optional[str]) -> review_lib.Review:
  try:
    _check_spelling(row.values, columns)
  except ValueError as error:
    raise _BadRowError(str(error)) from error
  text = _read_text(row, columns)
  named_split = _text_of(_value(row, columns.split))
  split = split_of_name(named_split) if named_split else default_split
  if named_split and split is None:
    raise _BadRowError(f'split {named_split!r}; a split is one of {", ".join((*features.SPLITS, features.UNLABELED))}')
  label = _read_label(row, columns, meaning) if split != features.UNLABELED else features.NO_LABEL
  rating = _text_of(_value(row, columns.rating)) or '0'
  if not (match := _RATING.fullmatch(rating)):
    raise _BadRowError(f'rating {rating!r}; a rating is a whole number from 1 to 10, or absent')
  return review_lib.Review(
      features.UNLABELED if label == features.NO_LABEL else split,
      _LONE_SURROGATE.sub(_INVALID, text).encode('utf-8', 'surrogateescape'),
      label, int(match[1]), _review_id(row, columns))


def _read_text(row: tables.Row, columns: _Columns) -> str:
  if columns.text is None:
    raise _BadRowError(f'no {tables.TEXT_COLUMNS[0]!r}; found: {_found(row)}; {_OTHER_COLUMNS}')
  text = row.values[columns.text]
  if reason := tables.describe_missing_text(columns.text, text):
    raise _BadRowError(reason)
  # A cell can only be a string: that of a missing value is what programs write for it.
  if not text.strip('\0 \t\r\n') or row.delimiter and text.strip().lower() in labels_lib.MISSING:
    raise _BadRowError(f'{columns.text!r} is missing ({text!r})' if text.strip() else f'{columns.text!r} is empty')
  return text


def _read_label(row: tables.Row, columns: _Columns, meaning: labels_lib.Meaning) -> int:
  value = _value(row, columns.label)
  label = labels_lib.normalize(value)
  if not label:
    if columns.label:
      raise _BadRowError(f'{columns.label!r} is missing')
    raise _BadRowError(f'no {LABEL_COLUMNS[0]!r}; found: {_found(row)}; {_OTHER_COLUMNS}')
  if label not in meaning:
    raise _BadRowError(f'label {value!r}; a label is one of {labels_lib.describe(meaning)}')
  return meaning[label]


def _found(row: tables.Row) -> str:
  return ', '.join(map(str, row.values)) or 'nothing'


def _value(row: tables.Row, column: Optional[str]) -> Any:
  return None if column is None else row.values.get(column)


def _text_of(value: Any) -> str:
  """Return a value of an optional column as a string without blanks around it; empty if it is missing."""
  text = '' if value is None else str(value).strip()
  return '' if text.lower() in labels_lib.MISSING else text


def _review_id(row: tables.Row, columns: _Columns) -> str:
  return review_lib.clean_id(_text_of(_value(row, columns.review_id)) or str(row.number))


def _check_stray_quotes(row: tables.Row, columns: _Columns, meaning: labels_lib.Meaning) -> None:
  """Raise _BadRowError if two stray quotes have merged several rows into one.

  A quote at the start of one row's text and another at the end of a later row's text are valid CSV: all rows between
  them become one text. A quoted text of several lines is valid too and must be read, so a row is refused only if *each*
  of its lines, without the quotes, is a complete row of this very table: as many fields as the header has, and a bare
  label in its column. Prose does not hit this rule: it has a space behind a comma, or the comma is in a number such as
  8,0, which does not count; it has another number of commas from line to line; and it has no tabs. What is refused is a
  text that consists of rows of its own table, byte for byte what stray quotes produce; the message says how to have it
  read all the same.
  """
  if columns.text is None or columns.label is None or row.delimiter is None:
    return
  text = row.values[columns.text]
  if '\n' not in text and '\r' not in text:
    return
  lines = row.delimiter.join(row.values.values()).replace('\r\n', '\n').replace('\r', '\n').split('\n')
  names = list(row.values)
  places = names.index(columns.text), names.index(columns.label)
  if all(_is_complete_row(line.split(row.delimiter), len(names), places, meaning) for line in lines):
    raise _BadRowError(
        f'each of its {len(lines)} lines is a complete row, such as {lines[0][-40:]!r}: a stray quote may have merged '
        'them; double the quotes inside of texts (""), or, if it is one text, put spaces behind its commas', len(lines))


def _is_complete_row(fields: list[str], width: int, places: tuple[int, int], meaning: labels_lib.Meaning) -> bool:
  place, label = places
  if len(fields) != width or labels_lib.normalize(fields[label]) not in meaning:
    return False
  text, before, after = fields[place], fields[:place], fields[place + 1:]
  starts_in_number = bool(before) and before[-1][-1:].isdecimal() and text[:1].isdecimal()
  ends_in_number = bool(after) and after[0][:1].isdecimal() and text[-1:].isdecimal()
  return not (starts_in_number or ends_in_number)
