"""Files of texts to score, and files of scored texts: tables and plain text."""

import contextlib
import csv
import gzip
import io
import json
import os
import re
import sys
from typing import Any, cast, IO, Iterable, Iterator, NamedTuple, Optional, Sequence

from components.common import decision
from components.common import files
from components.common import tables
from components.common import text_files

FORMATS = ('csv', 'jsonl', 'text', 'tsv')
ADDED_COLUMNS = ('probability', 'prediction', 'explanation')  # the last only with explanations
# What a CSV file cannot hold, and models read as U+FFFD: NUL, and half a surrogate pair of JSON.
_NOT_IN_CSV = re.compile('[\0\ud800-\udc7f\udd00-\udfff]')


class Scored(NamedTuple):
  """A scored text.

  Attributes:
    row: {column: value} of the input.
    text: the text that was scored, valid Unicode.
    probability: of the positive class; NaN if there is an error.
    explanation: [(word, effect)] as explanation.explain returns it; None if not requested.
    error: why the text could not be scored; None if it was.
    known_words: number of its words that the model knows; None if the model does not tell.
  """

  row: dict[str, Any]
  text: str
  probability: float
  explanation: Optional[list[tuple[str, float]]] = None
  error: Optional[str] = None
  known_words: Optional[float] = None


class Input(NamedTuple):
  """A row to score.

  Attributes:
    row: {column: value}: strings or, from JSON and Parquet, any values; of a bad row, what could be read.
    text: the text, valid Unicode; empty in a bad row.
    error: why the row cannot be scored; None if it can.
  """

  row: dict[str, Any]
  text: str
  error: Optional[str] = None


class Survey(NamedTuple):
  """What only a look at a whole file tells.

  Attributes:
    columns: the columns of all rows, in the order of their first appearance.
    bad_rows: number of rows that cannot be scored.
  """

  columns: list[str]
  bad_rows: int


def input_format(path: str) -> str:
  """Return the format that the name of a file of texts stands for: one of FORMATS, json or parquet.

  Raises:
    ValueError: the name ends otherwise.
  """
  kind = tables.table_format(tables.resolve_zip(path))
  if kind is None:
    raise ValueError(f'{path}: unknown kind of file; name a .txt, {tables.KINDS}')
  return kind


def output_format(path: str) -> str:
  """Return the format that the name of a file of results stands for: one of FORMATS.

  Raises:
    ValueError: the name ends otherwise.
  """
  kind = tables.table_format(path)
  if kind not in FORMATS:
    raise ValueError(f'{path}: cannot be written; name a .csv, .tsv, .jsonl or .txt file (also .gz)')
  return kind


def read(path: Optional[str], column: str = '') -> Iterator[Input]:
  """Read the rows of a file, or the lines of standard input.

  Args:
    path: path of the file; None for standard input, which is plain text.
    column: the column or key with the text; empty for one of tables.TEXT_COLUMNS. Lines of plain text get it as their
      only column.

  Yields:
    The rows, and those that cannot be scored with the reason.

  Raises:
    ValueError: the file cannot be read, or has no such column; the message names the file.
  """
  if path is None or input_format(path) == 'text':
    for _, _, line in text_files.read_lines(path):
      text = line.rstrip('\r\n')
      yield Input({column or tables.TEXT_COLUMNS[0]: text}, _to_unicode(text))
    return
  wanted = [column] if column else tables.TEXT_COLUMNS

  def check_header(names):
    if tables.find_column(names, wanted) is None:
      raise ValueError(f'no column {wanted[0]!r}; found: {", ".join(names) or "nothing"}; name the one with the text '
                       'with --text-column')

  for row in tables.read_rows(tables.resolve_zip(path), check_header):
    text, error = _find_text(row, wanted)
    yield Input(row.values, _to_unicode(text), error and f'{row.where}: {error}')


def _find_text(row: tables.Row, wanted: Sequence[str]) -> tuple[str, Optional[str]]:
  """Return the text of a row and None, or an empty text and what is wrong."""
  if row.error:
    return '', row.error
  try:
    name = tables.find_column(list(row.values), wanted)
  except ValueError as error:
    return '', str(error)
  if name is None:
    return '', f'no {wanted[0]!r}; found: {", ".join(row.values) or "nothing"}'
  reason = tables.describe_missing_text(name, row.values[name])
  return ('', reason) if reason else (row.values[name], None)


def _to_unicode(text: str) -> str:
  return text.encode('utf-8', 'replace').decode()


def survey(path: str, column: str, added_columns: Sequence[str]) -> Survey:
  """Look at all rows of a file, so that a wrong one is refused before a model is loaded.

  Args:
    path: path of the file.
    column: see `read`.
    added_columns: columns that scoring will add.

  Returns:
    The survey.

  Raises:
    ValueError: as `read`; there are no rows, none can be scored, or one has a column that would be added.
  """
  columns: dict[str, None] = {}
  rows, bad_rows, first_error = 0, 0, ''
  for found in read(path, column):
    rows += 1
    columns.update(dict.fromkeys(found.row))
    if found.error:
      bad_rows += 1
      first_error = first_error or found.error
  if not rows:
    raise ValueError(f'{path}: holds no texts')
  if bad_rows == rows:
    raise ValueError(f'{first_error} (none of the {rows:,} rows can be scored; --text-column names the column or key '
                     'with the text)')
  for name in (*added_columns, *['error'] * bool(bad_rows)):
    if name in columns:
      raise ValueError(f'{path}: {name!r} would be added, but the rows have it already: rename it')
  return Survey(list(columns), bad_rows)


def write(file: IO[str], kind: str, results: Iterable[Scored], threshold: float = decision.THRESHOLD,
          surveyed: Optional[Survey] = None) -> int:
  """Write scored texts as they come.

  Args:
    file: open text file.
    kind: one of FORMATS.
    results: the scored texts.
    threshold: the probability above which a text is predicted positive.
    surveyed: of the file that they are from; None if they all have the columns of the first, and no errors.

  Returns:
    The number of texts.
  """
  table, count = None, 0
  for scored in results:
    count += 1
    if kind == 'text':
      _print_as_text(file, scored, threshold)
      continue
    row = _to_row(scored, threshold, kind in tables.DELIMITERS, bool(surveyed and surveyed.bad_rows))
    if kind == 'jsonl':
      print(json.dumps(row, ensure_ascii=False, default=str), file=file)
      continue
    if table is None:
      columns = list(dict.fromkeys([*(surveyed.columns if surveyed else ()), *row]))
      table = csv.DictWriter(file, columns, delimiter=tables.DELIMITERS[kind], lineterminator='\n')
      table.writerow({name: _to_cell(name) for name in columns})
    table.writerow({name: _to_cell(value) for name, value in row.items()})
  return count


def _prediction(scored: Scored, threshold: float) -> str:
  return decision.name_prediction(scored.probability, scored.known_words, threshold)


def _print_as_text(file: IO[str], scored: Scored, threshold: float) -> None:
  if scored.error is not None:
    print(f'------  error     {scored.error}', file=file)
    return
  print(f'{scored.probability:.4f}  {_prediction(scored, threshold)}  {" ".join(scored.text.splitlines())}', file=file)
  if scored.explanation is not None:
    print(f'        {_join(scored.explanation)}', file=file)


def _to_row(scored: Scored, threshold: float, is_flat: bool, has_errors: bool) -> dict[str, Any]:
  """Return the row of the input with the columns that scoring adds; `error` only if the file has bad rows."""
  row = {**scored.row, 'probability': None, 'prediction': None}
  if scored.error is None:
    row.update(probability=float(f'{scored.probability:.8g}'), prediction=_prediction(scored, threshold))
  if scored.explanation is not None:
    row['explanation'] = _join(scored.explanation) if is_flat else [
        {'word': word, 'effect': round(effect, 4)} for word, effect in scored.explanation]
  if has_errors:
    row['error'] = scored.error
  return row


def _join(effects: Sequence[tuple[str, float]]) -> str:
  return ' '.join(f'{word} {effect:+.2f}' for word, effect in effects)


def _to_cell(value: Any) -> str:
  """Return a value as a cell of a CSV file: nothing for null, JSON for what is not a string."""
  if value is None:
    return ''
  text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
  return _NOT_IN_CSV.sub('\ufffd', text)


@contextlib.contextmanager
def open_output(path: Optional[str], kind: str) -> Iterator[IO[str]]:
  """Open a file that appears when it is complete, or standard output.

  Args:
    path: path of the file, gzipped if it ends in .gz; None for standard output.
    kind: one of FORMATS.

  Yields:
    The open text file.

  Raises:
    ValueError: the file cannot be created.
    OSError: the file cannot be written, for example because the disk is full.
  """
  # Bytes that are not UTF-8 are written as they were read; JSON has escapes for them.
  errors = 'backslashreplace' if kind == 'jsonl' else 'surrogateescape'
  if path is None:
    stream = cast(io.TextIOWrapper, sys.stdout)
    stream.reconfigure(encoding='utf-8', errors=errors)
    yield stream
    stream.flush()
    return
  if os.path.exists(path) and not os.path.isfile(path):
    raise ValueError(f'{path}: not a regular file; name another with --output')
  open_file = gzip.open if path.lower().endswith('.gz') else open
  with contextlib.ExitStack() as stack:
    try:
      file = stack.enter_context(files.write_atomically(path, 'wt', open_file, newline='', errors=errors))
    except OSError as error:
      raise ValueError(f'{path}: cannot be written ({error.strerror}); choose another --output') from error
    yield file
