"""Rows of CSV, TSV, JSONL, JSON and Parquet files, for training and for scoring: one set of rules.

A row that cannot be read comes with the reason, and the next one is read: what to do with it is up to the caller.
"""

import csv
import json
import os
import pathlib
import re
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence
import zipfile

from components.common import text_files

DELIMITERS = {'csv': ',', 'tsv': '\t'}
TEXT_COLUMNS = ('text', 'review', 'sentence')  # the first of them that a table has holds the texts
KINDS = '.csv, .tsv, .jsonl, .json or .parquet file (also .gz or .zip)'
_FORMATS = {'.csv': 'csv', '.tsv': 'tsv', '.tab': 'tsv', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'json',
            '.parquet': 'parquet', '.txt': 'text'}
_COMPRESSED = re.compile(r'\.(gz|bz2|xz)$')
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?\s*')
_DELIMITERS = (',', ';', '\t', '|')
# Stands for NUL, at which the csv module stops. No file contains it: decoded bytes are U+DC80 to U+DCFF at most.
_NUL_MARK = '\udc00'


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    where: file and place, for messages: `reviews.csv, row 2 (line 3)`.
    number: counted from 1: of a CSV or TSV file the row below the header, of other files the line or item.
    values: {column: value}: strings or, from JSON and Parquet, any values; what could be read if there is an error.
    error: why the row cannot be read; None if it can.
    delimiter: what separates the cells of a CSV or TSV file; None of other files.
  """

  where: str
  number: int
  values: dict[str, Any]
  error: Optional[str] = None
  delimiter: Optional[str] = None


def table_format(path: str) -> Optional[str]:
  """Return the format that a file's name stands for.

  Args:
    path: path or name of the file, or FILE.zip:MEMBER.

  Returns:
    'csv', 'tsv', 'jsonl', 'json', 'parquet' or 'text', with or without .gz, .bz2 or .xz at the end of the name; None
    for any other name.
  """
  archive, member = text_files.split_member(path)
  return _FORMATS.get(pathlib.PurePath(_COMPRESSED.sub('', (member or archive).lower())).suffix)


def tables_in_zip(path: str) -> list[str]:
  """List the tables in a .zip.

  Args:
    path: path of the .zip.

  Returns:
    FILE.zip:MEMBER for each of its tables, sorted; empty if there are none.

  Raises:
    ValueError: it is not a .zip.
  """
  try:
    with zipfile.ZipFile(path) as archive:
      names = sorted(archive.namelist())
  except zipfile.BadZipFile as error:
    raise ValueError(f'{path}: not a readable zip file ({error}); copy or download it again') from error
  return [f'{path}:{name}' for name in names
          if table_format(name) not in (None, 'text') and not text_files.is_side_file(name)]


def resolve_zip(path: str) -> str:
  """Return FILE.zip:MEMBER for a .zip with one table in it, and any other path as it is.

  Raises:
    ValueError: the .zip holds no or several tables, or cannot be read.
  """
  if not path.lower().endswith('.zip') or not os.path.isfile(path):
    return path
  found = tables_in_zip(path)
  if len(found) != 1:
    names = ', '.join(text_files.split_member(name)[1] for name in found) or 'no table'
    raise ValueError(f'{path}: holds {names}; name one as {path}:NAME')
  return found[0]


def find_column(names: Sequence[str], wanted: Sequence[str]) -> Optional[str]:
  """Find a column; upper and lower case, and blanks around a name, make no difference.

  Args:
    names: the names of a table's columns.
    wanted: names to look for; the first that is there counts.

  Returns:
    The name as the table has it; None if there is none.

  Raises:
    ValueError: several columns have the name.
  """
  for name in wanted:
    if name in names:
      return name
    found = [other for other in names if other.strip().lower() == name.strip().lower()]
    if len(found) > 1:
      raise ValueError(f'{len(found)} columns are called {name}; rename all but one')
    if found:
      return found[0]
  return None


def describe_missing_text(column: str, value: Any) -> Optional[str]:
  """Return why a value is not a text, such as `'text' is 12, not a string`; None if it is one."""
  if isinstance(value, str):
    return None
  written = json.dumps(value, default=str)[:60]
  is_missing = value is None or isinstance(value, float) and value != value
  return f'{column!r} is missing ({written})' if is_missing else f'{column!r} is {written}, not a string'


def read_rows(path: str, check_header: Callable[[list[str]], object] = list) -> Iterator[Row]:
  """Read a table; one that is compressed with gzip, bzip2 or xz is decompressed.

  Bytes that are not UTF-8 become lone surrogates, as with errors='surrogateescape'. Empty rows are skipped.

  Args:
    path: path of the file, or FILE.zip:MEMBER.
    check_header: is given the names of the columns of a CSV, TSV or Parquet file before the first row; raises
      ValueError for a table that the caller refuses.

  Yields:
    Rows, some of which may have errors.

  Raises:
    ValueError: the name has none of these endings, or the file cannot be read; the message names the file.
  """
  kind = table_format(path)
  if kind in DELIMITERS:
    return _read_delimited(path, DELIMITERS[kind], check_header)
  if kind in ('jsonl', 'json'):
    return _read_json_list(path) if kind == 'json' and _holds_list(path) else _read_json_lines(path, kind)
  if kind == 'parquet':
    return _read_parquet(path, check_header)
  raise ValueError(f'{path}: not a table; name a {KINDS}')


def _read_delimited(path, default_delimiter, check_header):
  csv.field_size_limit(text_files.MAX_CHARACTERS)  # the module's own limit is 131,072
  first = next((line for _, _, line in text_files.read_lines(path)), '')
  if _SEPARATOR_LINE.fullmatch(first):
    raise ValueError(f'{path}: delete its first line, {first.strip()}, which only Excel understands')
  counts = {delimiter: len(next(csv.reader([first.replace('\0', _NUL_MARK)], delimiter=delimiter), []))
            for delimiter in (default_delimiter, *_DELIMITERS)}
  delimiter = max(counts, key=lambda delimiter: counts[delimiter])  # the default one if several fit equally well
  parse = _parse_quoted
  if delimiter == '\t' and counts['\t'] > 1 and _is_better_without_quotes(path):
    parse = _parse_tab_separated
  rows = parse(path, delimiter)
  try:
    header = name_columns(next(rows, ('', 0, [], None))[2])
    check_header(header)
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from error
  for where, number, cells, problem in rows:
    if cells and not problem and len(cells) != len(header):
      problem = f'{len(cells)} fields where the header has {len(header)}; quote texts with "..."'
    if cells or problem:
      yield Row(where, number, dict(zip(header, cells)), problem, delimiter)


def name_columns(header: Sequence[str]) -> list[str]:
  """Return the names of columns: those of a header, with a name for each nameless column after the first.

  Args:
    header: the cells of the first row.

  Raises:
    ValueError: two columns have the same name.
  """
  names = list(header)
  for place, name in enumerate(names):
    if name in names[:place]:
      if name.strip():
        raise ValueError(f'{names.count(name)} columns are called {name}; rename all but one')
      names[place] = f'column {place + 1}'
  return names


def _parse_quoted(path, delimiter):
  """Yield (where, number of the row, cells, error) of a delimited file with quotes; the header is row 0.

  After an error, parsing resumes in the next line: each line of the row with the error counts as one that cannot be
  read.
  """
  size, has_nul = 0, False  # of the current row, which may extend over many lines

  def lines():
    nonlocal size, has_nul
    for where, _, line in text_files.read_lines(path):
      size += len(line)
      if size >= text_files.MAX_CHARACTERS:
        raise ValueError(
            f'{where}: a row of {text_files.MAX_CHARACTERS:,} characters or more; a quote may be left open')
      if '\0' in line:
        has_nul = True
        line = line.replace('\0', _NUL_MARK)
      yield line

  reader = csv.reader(lines(), delimiter=delimiter, strict=True)
  number = 0
  while True:
    first_line = reader.line_num + 1
    try:
      cells = next(reader)
    except StopIteration:
      return
    except csv.Error as error:
      for line in range(first_line, reader.line_num + 1):
        yield (f'{path}, row {number} (line {line})', number, [],
               f'not valid CSV (line {reader.line_num}: {error}); double the quotes inside of texts ("")')
        number += 1
    else:
      if has_nul:
        cells = [cell.replace(_NUL_MARK, '\0') for cell in cells]
      yield f'{path}, row {number} (line {reader.line_num})', number, cells, None
      number += 1
    size, has_nul = 0, False


def _parse_tab_separated(path, delimiter):
  """Yield what _parse_quoted does, of a file with one row in each line; cells in quotes are unquoted."""
  for number, (_, line_number, line) in enumerate(text_files.read_lines(path)):
    cells = line.rstrip('\r\n').split(delimiter) if line.strip() else []
    yield f'{path}, row {number} (line {line_number})', number, [_unquote(cell) for cell in cells], None


def _unquote(cell: str) -> str:
  inner = cell[1:-1]
  is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', '')
  return inner.replace('""', '"') if is_quoted else cell


def _is_better_without_quotes(path: str) -> bool:
  """Return whether a tab-separated file has one row in each line, so that a quote is a character as any other.

  It has if each line has the fields of the header, which a quoted text of several lines does not leave so, or if fewer
  rows are wrong than with quotes.
  """
  def count_errors(parse):
    rows = parse(path, '\t')
    width = len(next(rows)[2])
    return sum(bool(error) or len(cells) not in (0, width) for _, _, cells, error in rows)

  without = count_errors(_parse_tab_separated)
  return without == 0 or without < count_errors(_parse_quoted)


def _read_json_lines(path, kind):
  for where, number, line in text_files.read_lines(path):
    if not line.strip('\0 \t\r\n'):
      continue
    try:
      values = json.loads(line)
    except (ValueError, RecursionError) as error:
      hint = '; a .json file is a list of objects, or has an object in each line' if kind == 'json' else ''
      yield Row(where, number, {}, f'not JSON ({error}){hint}')
    else:
      yield _to_json_row(where, number, values)


def _holds_list(path: str) -> bool:
  """Return whether the first character of a file opens a list; if not, the file may have an object in each line."""
  return next((line for _, _, line in text_files.read_lines(path) if line.strip()), '').lstrip().startswith('[')


def _read_json_list(path):
  lines, size = [], 0
  for where, _, line in text_files.read_lines(path):
    lines.append(line)
    size += len(line)
    if size >= text_files.MAX_CHARACTERS:
      raise ValueError(f'{where}: a list of {text_files.MAX_CHARACTERS:,} characters or more; convert it to .jsonl')
  try:
    items = json.loads(''.join(lines))
  except (ValueError, RecursionError) as error:
    raise ValueError(f'{path}: not JSON ({error})') from error
  for number, values in enumerate(items, 1):
    yield _to_json_row(f'{path}, item {number}', number, values)


def _to_json_row(where, number, values):
  if isinstance(values, dict):
    return Row(where, number, values)
  hint = ', but a list; a file that is one list is called .json' if isinstance(values, list) else ''
  return Row(where, number, {}, f'not a JSON object{hint}')


def _read_parquet(path, check_header):
  try:
    from pyarrow import parquet  # pylint: disable=import-outside-toplevel  # scoring does not need it otherwise
  except ImportError as error:
    raise ValueError(f'{path}: a Parquet file needs the library pyarrow ({error}); install it, or convert to .jsonl'
                     ) from error
  number = 0
  try:
    with text_files.open_binary(path) as binary:
      file = parquet.ParquetFile(binary)
      check_header(file.schema_arrow.names)
      for batch in file.iter_batches(1024):
        for values in batch.to_pylist():
          number += 1
          yield Row(f'{path}, row {number}', number, {
              name: value.decode('utf-8', 'surrogateescape') if isinstance(value, bytes) else value
              for name, value in values.items()})
  except (*text_files.READ_ERRORS, ValueError) as error:  # pyarrow's own errors are ValueErrors and OSErrors
    where = f'{path}, after row {number}' if number else path
    raise ValueError(f'{where}: {" ".join(str(error).split())}') from error
