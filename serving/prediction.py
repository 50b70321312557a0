"""Scores texts from any source to any destination: the work of predict.py after its command line is parsed."""

import dataclasses
import itertools
import math
import pathlib
import sys
import time
from typing import Iterator, Optional, Sequence

from components.common import explanation
from components.common import length_batches
from components.common import tables
from serving import client
from serving import file_formats

# Texts and characters that are read, scored and written together: memory does not grow with the file.
CHUNK_TEXTS, _CHUNK_CHARACTERS = 4096, 16_000_000
_Rows = Iterator[file_formats.Input]


@dataclasses.dataclass(frozen=True)
class Options:
  """What to score, how, and where the results go.

  Attributes:
    text: texts to score; empty for those of `input`.
    input: path of a file with texts; None for standard input.
    text_column: column or key with the text; empty for one of tables.TEXT_COLUMNS.
    output: path of the file to write; None for standard output.
    format: one of file_formats.FORMATS; None for that of the output's or the input's name.
    explain: number of words that explain each score; None for no explanations.
    model_dir: path of the directory with the pushed versions.
    version: number of the version; None for the newest.
    server: URL of a server; None to load the model.
    name: the model's name on the server.
    threshold: the probability above which a text is predicted positive; None for the one of the model.
    batch: whether to score with TFX BulkInferrer, on Beam.
    beam: name of the Beam runner; None for the default.
    beam_flags: more flags for Beam.
    work_dir: directory below which TFX's outputs are kept; None to remove them.
  """

  text: list[str] = dataclasses.field(default_factory=list)
  input: Optional[str] = None
  text_column: str = ''
  output: Optional[str] = None
  format: Optional[str] = None
  explain: Optional[int] = None
  model_dir: str = ''
  version: Optional[int] = None
  server: Optional[str] = None
  name: str = 'sentiment'
  threshold: Optional[float] = None
  batch: bool = False
  beam: Optional[str] = None
  beam_flags: list[str] = dataclasses.field(default_factory=list)
  work_dir: Optional[str] = None


def run(options: Options) -> int:
  """Score all texts, and print to standard error how many there were if the results went to a file.

  Args:
    options: see Options.

  Returns:
    The number of rows that could not be scored; the results say why.

  Raises:
    ValueError, OSError or ImportError: with a message for the user.
  """
  start = time.monotonic()
  kind = _output_format(options)
  surveyed = None
  if options.input:
    added = file_formats.ADDED_COLUMNS[:3 if options.explain else 2]
    surveyed = file_formats.survey(options.input, options.text_column, added)
  with file_formats.open_output(options.output, kind) as file:
    rows = _read(options)
    first = list(itertools.islice(rows, 1))  # so that an empty input is reported before a model is loaded
    if not first:
      raise ValueError('standard input: holds no texts')
    rows, options = itertools.chain(first, rows), _choose_version(options)
    results, threshold = _score(rows, options)
    count = file_formats.write(file, kind, results, threshold if options.threshold is None else options.threshold,
                               surveyed)
  if options.output:
    print(f'{count:,} texts in {time.monotonic() - start:.1f} s; written to {options.output}', file=sys.stderr)
  return surveyed.bad_rows if surveyed else 0


def _output_format(options: Options) -> str:
  if options.format:
    return options.format
  if options.output:
    return file_formats.output_format(options.output)
  kind = file_formats.input_format(options.input) if options.input else 'text'
  return kind if kind in file_formats.FORMATS else 'jsonl'


def _choose_version(options: Options) -> Options:
  """Return the options with the number of the version, because a newer one may be pushed while files are scored."""
  if options.server:
    return options
  path = client.version_path(options.model_dir, options.version)
  return dataclasses.replace(options, version=int(pathlib.Path(path).name))


def _read(options: Options) -> _Rows:
  """Yield all that is to be scored."""
  if not options.text:
    return file_formats.read(options.input, options.text_column)
  column = options.text_column or tables.TEXT_COLUMNS[0]
  return (file_formats.Input({column: text}, text.encode('utf-8', 'replace').decode()) for text in options.text)


def _score(rows: _Rows, options: Options) -> tuple[Iterator[file_formats.Scored], float]:
  """Return the scored rows, and the model's own decision threshold."""
  if options.batch:
    return _score_on_beam(rows, options), client.local_threshold(options.model_dir, options.version)
  if options.server:
    score, count_known_words, threshold = client.open_server(options.server, options.name, options.version)
  else:
    score, count_known_words = client.local_scorers(options.model_dir, options.version)
    threshold = client.local_threshold(options.model_dir, options.version)
  is_terminal = not options.input and sys.stdin.isatty()
  chunk_texts = 1 if is_terminal else CHUNK_TEXTS
  return score_rows(rows, score, options.explain, chunk_texts, count_known_words), threshold


def score_rows(rows: _Rows, score: client.Scorer, explained_words: Optional[int] = None,
               chunk_texts: int = CHUNK_TEXTS, count_known_words: Optional[client.Scorer] = None
               ) -> Iterator[file_formats.Scored]:
  """Score rows in their order and in bounded memory.

  Args:
    rows: what to score; the stream may be endless.
    score: texts -> their probabilities.
    explained_words: number of words that explain each score; None for no explanations.
    chunk_texts: number of texts to score together.
    count_known_words: texts -> how many words of each the model knows; None if it does not tell.

  Yields:
    Scored texts.
  """
  for chunk in length_batches.group_items(rows, chunk_texts, _CHUNK_CHARACTERS, lambda row: len(row.text)):
    texts = [row.text for row in chunk if row.error is None]
    probabilities, known_words = iter(score(texts)), _count(count_known_words, texts)
    for row in chunk:
      if row.error is not None:
        yield _failed(row)
        continue
      effects = explanation.explain(score, row.text, explained_words) if explained_words else None
      yield file_formats.Scored(row.row, row.text, next(probabilities), effects, known_words=next(known_words))


def _count(count_known_words: Optional[client.Scorer], texts: Sequence[str]) -> Iterator[Optional[float]]:
  return iter(count_known_words(texts)) if count_known_words else itertools.repeat(None)


def _failed(row: file_formats.Input) -> file_formats.Scored:
  return file_formats.Scored(row.row, row.text, math.nan, error=row.error)


def _score_on_beam(rows: _Rows, options: Options) -> Iterator[file_formats.Scored]:
  """Score with TFX BulkInferrer; the input is then read a second time, to add the scores."""
  # pylint: disable=import-outside-toplevel  # TFX takes long to import, and need not be installed for anything else
  from pipeline import beam_runners
  from serving import batch_prediction
  # pylint: enable=import-outside-toplevel
  flags = beam_runners.beam_args(options.beam, options.beam_flags, here=True)
  beam_runners.await_job_service(flags)
  model = client.version_path(options.model_dir, options.version)
  texts = (row.text for row in rows if row.error is None)
  probabilities = iter(batch_prediction.score(texts, model, options.work_dir, flags))

  def look_up(batch):
    return [next(probabilities) for _ in batch]

  # The words are counted in this process, which takes a tenth of the time of scoring.
  count_known_words = client.local_scorers(options.model_dir, options.version)[1]
  yield from score_rows(_read(options), look_up, count_known_words=count_known_words)
