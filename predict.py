"""Scores raw text with the pushed model. Needs TensorFlow and nothing of this project: the model has it all inside."""

import argparse
from concurrent import futures
import contextlib
import csv
import gzip
import http.client
import io
import itertools
import json
import math
import os
import pathlib
import re
import signal
import sys
import time
import urllib.error
import urllib.request
import warnings
import zlib

_SIGNATURE, _SCORES = 'predict_text', 'scores'
_ADDED = 'probability', 'prediction', 'explanation'
_KINDS = {'.csv': 'csv', '.tsv': 'tsv', '.jsonl': 'jsonl', '.txt': 'text'}
_DELIMITERS = {'csv': ',', 'tsv': '\t'}
_CHUNK = 4096, 16_000_000  # reviews and characters that are read, scored and written together
_BATCH = 256, 1_000_000  # the same, of one call of the model: a gRPC message may have 4 MB
_TIMEOUT_S = 120  # for one answer of a server
_LONGEST = 100_000_000  # characters of a line, or of a field of a table; the csv module's own limit is 131,072
_MAX_EXPLAINED, _MAX_WORDS = 20_000, 500  # characters and distinct words that an explanation looks at
WORD = re.compile(r'<[^<>]*>|([^\W_](?:[^\s<>]*[^\W_])?)')  # a tag or, in group 1, a word without punctuation around
_EPILOG = """A file's rows come out in order with all their columns and, behind them, `probability` (of the positive
class), `prediction` (positive or negative; `label` is left to your own labels) and, with --explain, `explanation`; a
file that has one of these columns already is refused. An output file appears when it is complete, not before. Standard
input is scored at its end or every 4,096 lines, from a terminal after every line. Exit codes: 0 scored, 1 failed, 2
wrong usage, 130 interrupted."""


def parse(argv):
  """The command line; exits with code 2 where it is wrong."""
  # argparse would take the text of `--explain TEXT` for the number.
  argv = ['--explain=8' if word == '--explain' and not after.isdecimal() else word
          for word, after in zip(argv, [*argv[1:], ''])]
  parser = argparse.ArgumentParser(description=__doc__, epilog=_EPILOG)
  add = parser.add_argument
  default = pathlib.Path(__file__).resolve().parent / 'output' / 'serving' / 'sentiment'
  add('text', nargs='*', help='reviews to score (default: the lines of standard input)')
  add('--input', metavar='FILE', help='score the rows of a .csv, .tsv or .jsonl or the lines of a .txt file (also .gz)')
  add('--text-column', default='text', metavar='NAME', help='the column or key with the review (default: text)')
  add('--output', metavar='FILE', help='write to a file; its ending says in which format (default: standard output)')
  add('--format', choices=sorted(_KINDS.values()), help="of the output (default: by its ending, then the input's)")
  add('--explain', type=int, metavar='K', help=(
      'the K words (8 where no number follows) that moved the score most, with the log-odds that each one adds: '
      'the review is scored again without each of its words, which takes about 100 times as long; of a long review '
      f'the first {_MAX_EXPLAINED:,} characters and {_MAX_WORDS} words are looked at'))
  add('--model-dir', default=str(default), metavar='DIR', help='(default: output/serving/sentiment in the project)')
  add('--version', type=int, metavar='N', help='an older version of the model (default: the newest)')
  add('--server', metavar='URL', help='ask a server, http://host:8501 or grpc://host:8500, instead of loading a model')
  add('--name', default='sentiment', help="the model's name on the server (default: sentiment)")
  add('--batch', action='store_true', help='score a large --input to --output with TFX BulkInferrer, on Beam')
  add('--beam', metavar='NAME', help='with --batch: the runner, as in local_runner.py (default: direct)')
  add('--beam-arg', action='append', default=[], metavar='FLAG', dest='beam_flags', help=(
      "with --batch: a flag of Beam's, as --beam-arg=--parallelism=8; may be given again"))
  add('--work-dir', metavar='DIR', help='with --batch: keep what TFX writes, below this directory')
  arguments = parser.parse_args(argv)
  for wrong, message in (
      (arguments.input and arguments.text, 'reviews on the command line and --input: give one of the two'),
      (arguments.batch and not (arguments.input and arguments.output), '--batch needs --input and --output'),
      (arguments.batch and (arguments.server or arguments.explain), '--batch goes with neither --server nor --explain'),
      (not arguments.batch and (arguments.beam or arguments.beam_flags or arguments.work_dir),
       '--beam, --beam-arg and --work-dir need --batch'),
      (arguments.explain is not None and arguments.explain < 1, '--explain: 1 word at least')):
    if wrong:
      parser.error(message)
  return arguments


def groups(items, count, characters, length):
  """Cuts a stream into lists: each ends with its `count`-th item, or the one that brings it to so many characters."""
  group, total = [], 0
  for item in items:
    group.append(item)
    total += length(item)
    if len(group) == count or total >= characters:
      yield group
      group, total = [], 0
  if group:
    yield group


def batched(call, threads):
  """Makes of `call` (few texts -> probabilities) a function of any number of texts -> list of probabilities."""
  def score(texts):
    # A batch is padded to its longest review, so each one gets reviews of like length.
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    batches = list(groups(order, *_BATCH, lambda index: len(texts[index])))
    result = [0.0] * len(texts)
    with futures.ThreadPoolExecutor(threads) as pool:
      answers = pool.map(lambda batch: call([texts[index] for index in batch]), batches)
      for batch, probabilities in zip(batches, answers):
        for index, probability in zip(batch, probabilities):
          result[index] = float(probability)
    return result
  return score


def pushed(model_dir, version=None):
  """The directory of the newest pushed version, or of the one asked for; raises ValueError where there is none."""
  found = pathlib.Path(model_dir)
  versions = {int(path.name): path for path in (found.iterdir() if found.is_dir() else ())
              if re.fullmatch('[0-9]+', path.name) and path.is_dir()}
  if not versions:
    raise ValueError(f'{model_dir}: no pushed model here; run local_runner.py first, or name one with --model-dir')
  if version is not None and version not in versions:
    raise ValueError(f'{model_dir}: no version {version}; there are: {", ".join(map(str, sorted(versions)))}')
  return str(versions[max(versions) if version is None else version])


def local(path):
  """Scores in this process with the SavedModel in `path`; raises ValueError if it cannot be loaded."""
  import tensorflow as tf  # pylint: disable=import-outside-toplevel
  try:
    model = tf.saved_model.load(path)
    signature = model.signatures[_SIGNATURE]
  except Exception as error:  # pylint: disable=broad-except
    raise ValueError(f'{path}: not a loadable model with the signature {_SIGNATURE} ({_brief(error)}); '
                     'choose another with --version, or push it again') from error

  def call(texts):
    try:
      return signature(text=tf.constant(texts))[_SCORES].numpy()[:, 0]
    except tf.errors.OpError as error:
      raise ValueError(f'{path}: the model failed ({_brief(error)})') from error
  call.model = model  # the signature's variables live as long as the model does
  return batched(call, os.cpu_count())


def rest(url, name, version=None):
  """Asks a server that speaks TensorFlow Serving's REST API; raises ValueError for what it refuses."""
  address = f'{url.rstrip("/")}/v1/models/{name}{"" if version is None else f"/versions/{version}"}:predict'

  def call(texts):
    body = json.dumps({'signature_name': _SIGNATURE, 'instances': texts}).encode()
    request = urllib.request.Request(address, body, {'Content-Type': 'application/json'})
    try:
      with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        found = [float(row[0]) for row in json.load(answer)['predictions']]
      if len(found) != len(texts):
        raise ValueError(f'{len(found)} scores for {len(texts)} texts')
      return found
    except urllib.error.HTTPError as error:
      raise ValueError(f'{address}: refused ({error.code}): {error.read(300).decode(errors="replace")}') from error
    except (OSError, http.client.HTTPException) as error:
      raise ValueError(f'{address}: no answer ({_brief(error)}); is the server running?') from error
    except (ValueError, LookupError, TypeError) as error:
      raise ValueError(f'{address}: not an answer of a prediction server ({_brief(error)})') from error
  return batched(call, 2)


def grpc(target, name, version=None):
  """Asks a server that speaks TensorFlow Serving's gRPC API at host:port; raises ValueError for what it refuses."""
  # pylint: disable=import-outside-toplevel
  import grpc as grpc_lib
  import tensorflow as tf
  from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
  # pylint: enable=import-outside-toplevel
  stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc_lib.insecure_channel(target))

  def call(texts):
    request = predict_pb2.PredictRequest(inputs={'text': tf.make_tensor_proto(texts, dtype=tf.string)})
    request.model_spec.name, request.model_spec.signature_name = name, _SIGNATURE
    if version is not None:
      request.model_spec.version.value = version
    try:
      return tf.make_ndarray(stub.Predict(request, timeout=_TIMEOUT_S).outputs[_SCORES])[:, 0]
    except grpc_lib.RpcError as error:
      raise ValueError(f'grpc://{target}: {error.code().name}: {error.details()}') from error
  return batched(call, 2)


def scorer(arguments):
  """The function (list of texts -> probabilities) that the command line asks for."""
  if not arguments.server:
    return local(pushed(arguments.model_dir, arguments.version))
  scheme, _, target = arguments.server.partition('://')
  if scheme == 'grpc' and target:
    return grpc(target, arguments.name, arguments.version)
  if scheme in ('http', 'https') and target:
    return rest(arguments.server, arguments.name, arguments.version)
  raise ValueError(f'--server {arguments.server}: http://host:port or grpc://host:port was expected')


def explain(score, text, most=8, words=_MAX_WORDS):
  """The words that moved a score most, found by leaving them out: works with any model, and is exact for a linear one.

  Args:
    score: list of texts -> their probabilities.
    text: the review; its first 20,000 characters are looked at.
    most: return at most so many words.
    words: look at the first so many distinct words.

  Returns:
    List of (word in lower case, effect), the greatest effect first: by how much the log-odds of the text exceed those
    of the text without the word, wherever it occurs. Above 0 the word speaks for positive.
  """
  text = text[:_MAX_EXPLAINED]
  left_out = list(dict.fromkeys(match[1].lower() for match in WORD.finditer(text) if match[1]))[:words]
  without = [WORD.sub(lambda match, word=word: '' if (match[1] or '').lower() == word else match[0], text)
             for word in left_out]
  whole, *parts = map(log_odds, score([text, *without]))
  effects = [(word, whole - part) for word, part in zip(left_out, parts)]
  return sorted(effects, key=lambda effect: -abs(effect[1]))[:most]


def log_odds(probability):
  """Of a probability; finite for 0 and 1 too."""
  probability = min(max(float(probability), 1e-7), 1 - 1e-7)  # a float32 comes no closer to 1
  return math.log(probability / (1 - probability))


def kind_of(path):
  """The format that a file's name stands for; raises ValueError for an unknown one."""
  kind = _KINDS.get(pathlib.Path(path.lower().removesuffix('.gz')).suffix)
  if kind is None:
    raise ValueError(f'{path}: unknown kind of file; these are known, also as .gz: {", ".join(_KINDS)}')
  return kind


def read(path, column, added=()):
  """Yields the rows of a file, or the lines of standard input where `path` is None.

  Args:
    path: of the file.
    column: the column or key with the text, and the only one of a line of plain text.
    added: columns that are to be added, which the rows must not have.

  Yields:
    Dicts of the columns.

  Raises:
    ValueError: malformed content; the message names the file and the row.
  """
  kind, number = kind_of(path) if path else 'text', 0
  opened = (gzip.open if path.lower().endswith('.gz') else open)(path, 'rb') if path else sys.stdin.buffer
  # What is no UTF-8 is kept, to be written as it was.
  with io.TextIOWrapper(opened, encoding='utf-8-sig', errors='surrogateescape', newline='') as file:
    rows = _rows(file, kind, column)
    try:
      for number in itertools.count(1):
        row = next(rows, None)
        if row is None:
          return
        _check(row, column, added)
        yield row
    except (ValueError, RecursionError, csv.Error, EOFError, OSError, zlib.error) as error:
      raise ValueError(f'{path or "standard input"}, row {number}: {error}') from error


def _lines(file):
  """The lines of a file; one without an end, as in a bomb, is refused."""
  for line in iter(lambda: file.readline(_LONGEST), ''):
    if len(line) == _LONGEST:
      raise ValueError(f'{_LONGEST:,} characters without an end')
    yield line


def _rows(file, kind, column):
  if kind == 'text':
    yield from ({column: line.rstrip('\r\n')} for line in _lines(file))
  elif kind == 'jsonl':
    yield from (json.loads(line) for line in _lines(file) if line.strip())
  else:
    csv.field_size_limit(_LONGEST)
    size = 0  # of the present row, which may have many lines

    def lines():
      nonlocal size
      for line in _lines(file):
        size += len(line)
        if size >= _LONGEST:
          raise ValueError(f'{_LONGEST:,} characters without an end: a quote may be left open')
        yield line

    rows = csv.DictReader(lines(), delimiter=_DELIMITERS[kind], strict=True)
    names = rows.fieldnames or ()
    if len(set(names)) < len(names):
      raise ValueError('two columns of the header have the same name')
    for row in rows:
      size = 0
      if None in row or None in row.values():
        raise ValueError(f'not the {len(names)} fields that the header has; quote texts with "..."')
      yield row


def _check(row, column, added):
  if not isinstance(row, dict):
    raise ValueError('not a JSON object')
  if column not in row:
    raise ValueError(f'no {column!r}; found: {", ".join(row)}; --text-column names the one with the review')
  if not isinstance(row[column], str):
    raise ValueError(f'{column!r} is {json.dumps(row[column])[:80]}, not a string')
  for name in added:
    if name in row:
      raise ValueError(f'has {name!r} already, which would be added: rename it')


def write(file, kind, results):
  """Writes (row, text, probability, explanation or None) as they come, in a format; returns how many there were."""
  table, count = None, 0
  for count, (row, text, probability, words) in enumerate(results, 1):
    prediction = 'positive' if probability >= 0.5 else 'negative'
    shown = ' '.join(f'{word} {effect:+.2f}' for word, effect in words or ())
    if kind == 'text':
      print(f'{probability:.4f}  {prediction}  {" ".join(text.splitlines())}', file=file)
      if words is not None:
        print(f'        {shown}', file=file)
      continue
    row = {**row, 'probability': float(f'{probability:.8g}'), 'prediction': prediction}
    if words is not None:
      row['explanation'] = shown if kind in _DELIMITERS else [
          {'word': word, 'effect': round(effect, 4)} for word, effect in words]
    if kind == 'jsonl':
      print(json.dumps(row, ensure_ascii=False), file=file)
      continue
    if table is None:
      table = csv.DictWriter(file, row, delimiter=_DELIMITERS[kind], lineterminator='\n')
      table.writeheader()
    table.writerow(row)
  return count


@contextlib.contextmanager
def output(path, kind):
  """Opens a file that gets its name when it is complete; for None, standard output."""
  # Bytes that are no UTF-8 come out as they came in; JSON has escapes for them.
  settings = {'encoding': 'utf-8', 'errors': 'backslashreplace' if kind == 'jsonl' else 'surrogateescape'}
  if path is None:
    sys.stdout.reconfigure(**settings)
    yield sys.stdout
    sys.stdout.flush()
    return
  target = os.path.realpath(path)
  if os.path.exists(target) and not os.path.isfile(target):
    raise ValueError(f'{path}: not a regular file; name another with --output')
  partial = os.path.join(os.path.dirname(target), f'.{os.path.basename(target)}.{os.getpid()}')
  try:
    with (gzip.open if path.lower().endswith('.gz') else open)(partial, 'wt', newline='', **settings) as file:
      yield file
    os.replace(partial, target)
  finally:
    with contextlib.suppress(FileNotFoundError):
      os.unlink(partial)


def source(arguments):
  """Yields (row, text fit for UTF-8) of all that is to be scored."""
  column = arguments.text_column
  rows = ({column: text} for text in arguments.text)
  if not arguments.text:
    rows = read(arguments.input, column, _ADDED[:3 if arguments.explain else 2])
  for row in rows:
    yield row, row[column].encode('utf-8', 'replace').decode()


def scored(rows, score, words, chunk):
  """Yields (row, text, probability, explanation or None) in the order of the rows, in bounded memory."""
  for group in groups(rows, chunk, _CHUNK[1], lambda row: len(row[1])):
    for (row, text), probability in zip(group, score([text for _, text in group])):
      yield row, text, probability, explain(score, text, words) if words else None


def scored_by_beam(rows, arguments):
  """The same with TFX's BulkInferrer; the input is then read once more, to add the scores."""
  from serving import batch_prediction  # pylint: disable=import-outside-toplevel
  from pipeline import beam_runners  # pylint: disable=import-outside-toplevel
  flags = beam_runners.arguments(arguments.beam, arguments.beam_flags)
  model = pushed(arguments.model_dir, arguments.version)
  found = batch_prediction.scores((text for _, text in rows), model, arguments.work_dir, flags)
  for (row, text), probability in zip(source(arguments), found, strict=True):
    yield row, text, probability, None


def run(arguments):
  """Scores as the command line asks; raises ValueError, OSError or ImportError with a line for the user."""
  start = time.monotonic()
  kind = arguments.format or kind_of(arguments.output or arguments.input or '_.txt')
  with output(arguments.output, kind) as file:
    rows = source(arguments)
    first = list(itertools.islice(rows, 1))  # a wrong input shows before a model is loaded
    if not first:
      raise ValueError(f'{arguments.input or "standard input"}: holds no reviews')
    rows = itertools.chain(first, rows)
    chunk = 1 if not arguments.input and sys.stdin.isatty() else _CHUNK[0]
    count = write(file, kind, scored_by_beam(rows, arguments) if arguments.batch else scored(
        rows, scorer(arguments), arguments.explain, chunk))
  if arguments.output:
    print(f'{count:,} reviews in {time.monotonic() - start:.1f} s; written to {arguments.output}', file=sys.stderr)


def main(argv=None):
  """Returns the exit code."""
  arguments = parse(sys.argv[1:] if argv is None else argv)
  for number in signal.SIGINT, signal.SIGTERM:  # so that no partial file is left
    signal.signal(number, signal.default_int_handler)  # SIGINT is ignored in the background of a script
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  warnings.simplefilter('ignore')  # Google's libraries announce the end of Python 3.10
  try:
    run(arguments)
  except BrokenPipeError:  # as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
  except KeyboardInterrupt:
    return 130
  except ImportError as error:
    print(f'predict.py: {error}: use .venv/bin/python, which `make setup` makes, and for --batch the whole project',
          file=sys.stderr)
    return 1
  except (ValueError, OSError) as error:
    print(f'predict.py: {" ".join(str(error).split())}', file=sys.stderr)
    return 1
  return 0


def _brief(error):
  return f'{type(error).__name__}: {" ".join(str(error).split())[:200]}'


if __name__ == '__main__':
  sys.exit(main())
