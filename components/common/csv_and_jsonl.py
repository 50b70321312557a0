"""Rows of CSV, TSV and JSONL files and lines of text files, also gzipped, in bounded memory. Standard library only.

What a table must hold, such as its columns, is up to the callers: training and scoring accept different tables.
"""

import csv
import gzip
import io
import json
import pathlib
import sys
from typing import Any, Callable, Iterator, NamedTuple, Optional
import zlib

# Of a line or a row: far beyond any text, and a bound on the memory that a decompression bomb can take.
MAX_CHARACTERS = 100_000_000
DELIMITERS = {'csv': ',', 'tsv': '\t'}
_FORMATS = {'.csv': 'csv', '.tsv': 'tsv', '.jsonl': 'jsonl', '.txt': 'text'}
# Stands for NUL, at which the csv module stops. No file contains it: decoded bytes are U+DC80 to U+DCFF at most.
_NUL_MARK = '\udc00'


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    where: file and place, for messages: `reviews.csv, row 2 (line 3)`.
    number: counted from 1: of a CSV or TSV file the row below the header, of other files the line.
    values: {column: value}: strings or, from JSONL, any JSON values.
  """

  where: str
  number: int
  values: dict[str, Any]


def table_format(path: str) -> Optional[str]:
  """Return the format that a file's name stands for.

  Args:
    path: path or name of the file.

  Returns:
    'csv', 'tsv', 'jsonl' or 'text', with or without .gz at the end of the name; None for any other name.
  """
  return _FORMATS.get(pathlib.PurePath(path.lower().removesuffix('.gz')).suffix)


def read_rows(path: str, check_header: Callable[[list[str]], list[str]] = list) -> Iterator[Row]:
  """Read a CSV, TSV or JSONL file; a name that ends in .gz is gzipped.

  Bytes that are not UTF-8 become lone surrogates, as with errors='surrogateescape'. Empty rows are skipped.

  Args:
    path: path of the file.
    check_header: of CSV and TSV files: the first row -> the names of its columns; raises ValueError for a header that
      the caller refuses. Not called for JSONL.

  Yields:
    Rows.

  Raises:
    ValueError: the name has none of these endings, or the file cannot be read or violates its format; the message names
      the file and the row or line.
  """
  kind = table_format(path)
  if kind in DELIMITERS:
    return _read_delimited(path, DELIMITERS[kind], check_header)
  if kind == 'jsonl':
    return _read_jsonl(path)
  raise ValueError(f'{path}: not a table; name a .csv, .tsv or .jsonl file (also .gz)')


def read_lines(path: Optional[str]) -> Iterator[tuple[str, int, str]]:
  """Read the lines of a file; a name that ends in .gz is gzipped. Bytes that are not UTF-8 become lone surrogates.

  Args:
    path: path of the file; None for standard input.

  Yields:
    (file and place for messages, number of the line from 1, the line with its end).

  Raises:
    ValueError: the file cannot be read, or has a line of MAX_CHARACTERS; the message names the file and the line.
  """
  name, number = path or 'standard input', 0
  try:
    with io.TextIOWrapper(_open(path), encoding='utf-8-sig', errors='surrogateescape', newline='') as file:
      while line := file.readline(MAX_CHARACTERS):
        number += 1
        where = f'{name}, line {number}'
        if len(line) == MAX_CHARACTERS:
          raise ValueError(f'{where}: a line of {MAX_CHARACTERS:,} characters or more; split it')
        yield where, number, line
  except (EOFError, OSError, zlib.error) as error:
    if number == 0 and isinstance(error, OSError) and error.strerror:
      raise ValueError(f'{name}: {error.strerror}') from error
    raise ValueError(f'{name}, after line {number}: {error}; copy or download it again') from error


def _open(path):
  if path is None:
    return sys.stdin.buffer
  return gzip.open(path, 'rb') if path.lower().endswith('.gz') else open(path, 'rb')


def _read_delimited(path, delimiter, check_header):
  csv.field_size_limit(MAX_CHARACTERS)  # the module's own limit is 131,072
  size, has_nul = 0, False  # of the current row, which may extend over many lines

  def lines():
    nonlocal size, has_nul
    for where, _, line in read_lines(path):
      size += len(line)
      if size >= MAX_CHARACTERS:
        raise ValueError(f'{where}: a row of {MAX_CHARACTERS:,} characters or more; a quote may be left open')
      if '\0' in line:
        has_nul = True
        line = line.replace('\0', _NUL_MARK)
      yield line

  reader = csv.reader(lines(), delimiter=delimiter, strict=True)
  try:
    header = check_header([name.replace(_NUL_MARK, '\0') for name in next(reader, [])])
    for number, cells in enumerate(reader, 1):
      if has_nul:
        cells = [cell.replace(_NUL_MARK, '\0') for cell in cells]
      size, has_nul = 0, False
      if not cells:
        continue
      where = f'{path}, row {number} (line {reader.line_num})'
      if len(cells) != len(header):
        raise ValueError(f'{where}: {len(cells)} fields where the header has {len(header)}; quote texts with "..."')
      yield Row(where, number, dict(zip(header, cells)))
  except csv.Error as error:
    raise ValueError(f'{path}, line {reader.line_num}: {error}') from error


def _read_jsonl(path):
  for where, number, line in read_lines(path):
    if not line.strip('\0 \t\r\n'):
      continue
    try:
      values = json.loads(line)
    except (ValueError, RecursionError) as error:
      raise ValueError(f'{where}: not JSON ({error})') from error
    if not isinstance(values, dict):
      raise ValueError(f'{where}: not a JSON object')
    yield Row(where, number, values)
