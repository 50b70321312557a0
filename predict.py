"""Scores texts with a pushed model. Needs TensorFlow, but not TFX, beside this project's files."""

import argparse
import dataclasses
import os
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))  # `python -I` does not do it

# pylint: disable=wrong-import-position
from components.common import explanation
from components.common import object_store
from components.common import start_up
from components.common import tables
from components.common import text_files
from components.versioned_pusher import working_copy
from serving import file_formats
from serving import prediction

_EPILOG = """A file's rows are written in order with all their columns, followed by `probability` (of the positive
class), `prediction` (positive or negative; `label` is left to your own labels) and, with --explain, `explanation`; a
file that has one of these columns already is refused. A row that cannot be scored gets the reason in the column
`error`, which is there only in this case. An output file appears when it is complete, not before. Standard
input is scored at its end or every 4,096 lines, from a terminal after every line. Exit codes: 0 scored, 1 failed, 2
usage error, 4 some rows could not be scored, 130 interrupted."""


_SOME_FAILED = 4  # an exit code


def parse(argv: list[str]) -> prediction.Options:
  """Parse the command line; exits with code 2 if it is wrong.

  Args:
    argv: the arguments.

  Returns:
    The options.
  """
  # argparse would take the text of `--explain TEXT` for the number.
  argv = ['--explain=8' if word == '--explain' and not re.fullmatch(r'[-+]?[\d.]+', following) else word
          for word, following in zip(argv, [*argv[1:], ''])]
  parser = argparse.ArgumentParser(description=__doc__, epilog=_EPILOG)
  add, path = parser.add_argument, os.path.expanduser  # shells leave `--input=~/a.csv` as it is
  model_dir = pathlib.Path(__file__).resolve().parent / 'output' / 'serving' / 'sentiment'
  add('text', nargs='*', help='texts to score (default: the lines of standard input)')
  add('--input', metavar='FILE', type=path, help=f'score the rows of a {tables.KINDS}, or the lines of a .txt file')
  add('--text-column', default='', metavar='NAME', help=(
      f'the column or key with the text (default: {", ".join(tables.TEXT_COLUMNS[:-1])} or {tables.TEXT_COLUMNS[-1]})'))
  add('--output', metavar='FILE', type=path, help=(
      'write to a file, in the format of its ending (default: standard output)'))
  add('--format', choices=file_formats.FORMATS, help="of the output (default: by its ending, then the input's)")
  add('--explain', type=int, metavar='K', help=(
      'the K words (default: 8) that move the score most, with the log-odds that each of them adds: the text is scored '
      'again without each of its words, which takes about 100 times as long; of a long text, the first '
      f'{explanation.MAX_CHARACTERS:,} characters and {explanation.MAX_WORDS} distinct words are considered'))
  add('--model-dir', default=str(model_dir), metavar='DIR', type=path, help=(
      '(default: output/serving/sentiment in the project)'))
  add('--version', type=int, metavar='N', help='an older version of the model (default: the newest)')
  add('--server', metavar='URL', help='ask a server, http://host:8501 or grpc://host:8500, instead of loading a model')
  add('--name', default='sentiment', help="the model's name on the server (default: sentiment)")
  add('--threshold', type=float, metavar='P', help='of a positive prediction (default: that of the model, else 0.5)')
  add('--batch', action='store_true', help='score a large --input to --output with TFX BulkInferrer, on Beam')
  add('--beam', metavar='NAME', help='with --batch: the runner, as in local_runner.py (default: direct)')
  add('--beam-arg', action='append', default=[], metavar='FLAG', dest='beam_flags', help=(
      "with --batch: a flag of Beam's, as --beam-arg=--parallelism=8; repeatable"))
  add('--work-dir', metavar='DIR', help='with --batch: keep what TFX writes, below this directory')
  options = prediction.Options(**vars(parser.parse_args(argv)))
  if message := _usage_error(options):
    parser.error(message)
  return options


def _usage_error(options: prediction.Options) -> str | None:
  """Return what is wrong with the options; None if they fit together."""
  file = next(filter(os.path.isfile, options.text), None)
  checks = (
      (file, f'{file} is a file: did you mean --input {shlex.quote(file or "")}? (standard input takes any text)'),
      (options.input and options.text, 'texts on the command line and --input: use one of the two'),
      (options.input == '', '--input is empty: give a path, or omit the flag'),
      (options.batch and not (options.input and options.output), '--batch requires --input and --output'),
      (options.batch and (options.server or options.explain), '--batch goes with neither --server nor --explain'),
      (not options.batch and (options.beam or options.beam_flags or options.work_dir),
       '--beam, --beam-arg and --work-dir require --batch'),
      (options.threshold is not None and not 0 <= options.threshold <= 1, '--threshold must be from 0 to 1'),
      (options.explain is not None and options.explain < 1, '--explain must be at least 1'))
  return next((message for is_wrong, message in checks if is_wrong), None)


def _fetch(options: prediction.Options) -> prediction.Options:
  """Return the options with paths of this machine for what is in an object store."""
  if options.input and object_store.is_url(options.input):
    options = dataclasses.replace(options, input=object_store.fetch(options.input))
  if options.server:
    return options
  with working_copy.open_versions(options.model_dir) as directory:
    return dataclasses.replace(options, model_dir=directory)


def main(argv: list[str] | None = None) -> int:
  """Score what the command line names.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code.
  """
  closed = start_up.prepare_process()
  options = parse(sys.argv[1:] if argv is None else argv)
  if 'stdout' in closed and not options.output:
    print('predict.py: standard output is closed: name a file with --output', file=sys.stderr)
    return 1
  start_up.handle_stop_signals()  # so that no partial file is left
  start_up.silence_libraries()
  try:
    options = _fetch(options)
    text_files.check_is_path(options.input or '')
    bad_rows = prediction.run(options)
  except BrokenPipeError:  # as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
  except KeyboardInterrupt:
    return 130
  except ImportError as error:
    print(f'predict.py: {error}: use .venv/bin/python, which `make setup` makes', file=sys.stderr)
    return 1
  except (ValueError, OSError) as error:
    print(f'predict.py: {" ".join(str(error).split())}', file=sys.stderr)
    return 1
  else:
    if bad_rows:
      print(f'predict.py: {bad_rows:,} {"row" if bad_rows == 1 else "rows"} could not be scored: see the column error',
            file=sys.stderr)
      return _SOME_FAILED
  return 0


if __name__ == '__main__':
  sys.exit(main())
