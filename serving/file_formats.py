"""Files of texts to score, and files of scored texts: CSV, TSV, JSONL and plain text, also gzipped."""

import contextlib
import csv
import gzip
import io
import json
import os
import sys
from typing import Any, cast, IO, Iterable, Iterator, NamedTuple, Optional, Sequence

from components.common import csv_and_jsonl
from components.common import decision
from components.common import files

FORMATS = ('csv', 'jsonl', 'text', 'tsv')
ADDED_COLUMNS = ('probability', 'prediction', 'explanation')  # the last only with explanations


class Scored(NamedTuple):
  """A scored text.

  Attributes:
    row: {column: value} of the input.
    text: the text that was scored, valid Unicode.
    probability: of the positive class.
    explanation: [(word, effect)] as explanation.explain returns it; None if not requested.
  """

  row: dict[str, Any]
  text: str
  probability: float
  explanation: Optional[list[tuple[str, float]]] = None


def file_format(path: str) -> str:
  """Return the format that a file's name stands for.

  Args:
    path: path or name of the file.

  Returns:
    One of FORMATS.

  Raises:
    ValueError: the name ends otherwise.
  """
  kind = csv_and_jsonl.table_format(path)
  if kind is None:
    raise ValueError(f'{path}: unknown kind of file; name a .csv, .tsv, .jsonl or .txt file (also .gz)')
  return kind


def read(path: Optional[str], column: str, added_columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
  """Read the rows of a file, or the lines of standard input.

  Args:
    path: path of the file; None for standard input, which is plain text.
    column: the column or key with the text; lines of plain text get it as their only column.
    added_columns: columns that scoring will add, which the rows must not have.

  Yields:
    {column: value}: strings or, from JSONL, any JSON values. Bytes that are not UTF-8 are lone surrogates.

  Raises:
    ValueError: malformed content; the message names the file and the row or line.
  """
  if path is None or file_format(path) == 'text':
    for _, _, line in csv_and_jsonl.read_lines(path):
      yield {column: line.rstrip('\r\n')}
    return

  def check_header(names):
    if len(set(names)) < len(names):
      duplicates = sorted(name for name in set(names) if names.count(name) > 1)
      raise ValueError(f'{path}: several columns are called {duplicates[0]}; rename all but one')
    return names

  for row in csv_and_jsonl.read_rows(path, check_header):
    _check_row(row, column, added_columns)
    yield row.values


def _check_row(row: csv_and_jsonl.Row, column: str, added_columns: Sequence[str]) -> None:
  if column not in row.values:
    raise ValueError(f'{row.where}: no {column!r}; found: {", ".join(row.values)}; name the one with the text with '
                     '--text-column')
  if not isinstance(row.values[column], str):
    raise ValueError(f'{row.where}: {column!r} is {json.dumps(row.values[column])[:80]}, not a string')
  for name in added_columns:
    if name in row.values:
      raise ValueError(f'{row.where}: {name!r} would be added, but the row has it already: rename it')


def write(file: IO[str], kind: str, results: Iterable[Scored], threshold: float = decision.THRESHOLD) -> int:
  """Write scored texts as they come.

  Args:
    file: open text file.
    kind: one of FORMATS. A CSV or TSV file gets the columns of the first result.
    results: the scored texts.
    threshold: the probability above which a text is predicted positive.

  Returns:
    The number of texts.

  Raises:
    ValueError: a row does not fit the format.
  """
  table, count = None, 0
  for count, scored in enumerate(results, 1):
    prediction = 'positive' if decision.is_positive(scored.probability, threshold) else 'negative'
    explanation = ' '.join(f'{word} {effect:+.2f}' for word, effect in scored.explanation or ())
    if kind == 'text':
      print(f'{scored.probability:.4f}  {prediction}  {" ".join(scored.text.splitlines())}', file=file)
      if scored.explanation is not None:
        print(f'        {explanation}', file=file)
      continue
    row = {**scored.row, 'probability': float(f'{scored.probability:.8g}'), 'prediction': prediction}
    if scored.explanation is not None:
      row['explanation'] = explanation if kind in csv_and_jsonl.DELIMITERS else [
          {'word': word, 'effect': round(effect, 4)} for word, effect in scored.explanation]
    if kind == 'jsonl':
      print(json.dumps(row, ensure_ascii=False), file=file)
      continue
    if table is None:
      table = csv.DictWriter(file, row, delimiter=csv_and_jsonl.DELIMITERS[kind], lineterminator='\n')
      table.writeheader()
    try:
      table.writerow(row)
    except (csv.Error, ValueError) as error:  # NUL, or keys of JSON objects that differ from row to row
      raise ValueError(f'result {count} cannot be written as {kind.upper()} ({error}); use --format jsonl') from error
  return count


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
