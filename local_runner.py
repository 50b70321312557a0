"""Runs the pipeline on this machine: from labelled reviews to a gated, pushed sentiment model."""

import argparse
import contextlib
import dataclasses
import logging
import os
import pathlib
import sys
import time
import webbrowser

import compat
from compat import cpython
from pipeline import layout
from pipeline.local import interpreter

_PROJECT = pathlib.Path(__file__).resolve().parent
OK, FAILED, USAGE, NOT_BLESSED, INTERRUPTED = 0, 1, 2, 3, 130


def parser():
  """The command line."""
  from pipeline import flags  # pylint: disable=import-outside-toplevel
  result = argparse.ArgumentParser(description=__doc__, epilog=(
      'exit codes: 0 blessed and pushed, 1 failed, 2 wrong usage, 3 not blessed (nothing pushed), 130 interrupted'))
  flags.add_flags(result)
  add = result.add_argument
  add('--compare', metavar='NAMES', help=(
      'train and evaluate several models, names with commas or "all", and push the best of the blessed ones on eval, '
      'or the one that --model names; --embeddings then serves the models that need word vectors'))
  add('--data', metavar='PATH', help=(
      'reviews: a .tar.gz or directory in aclImdb layout, or a .csv, .tsv or .jsonl file (also .gz), or a directory of '
      'these, with text, label and, if you like, split and rating (default: $IMDB_DATA, then data/, then the official '
      'archive is downloaded)'))
  add('--unlabeled', metavar='PATH', help=(
      'reviews without a label, for the models that learn from them too: train/unsup in an archive or directory, or '
      "rows of a table with the split unlabeled (default: those in the reviews' own archive or file)"))
  add('--embeddings', metavar='FILE', help=(
      'GloVe word vectors: a text file, also .gz, or FILE.zip:MEMBER; or a name such as glove.6B.100d, which is '
      'downloaded'))
  add('--output-dir', default=str(_PROJECT / 'output'), metavar='DIR', help='(default: output/ in the project)')
  add('--open', action='store_true', help='open the report in a browser when the run is over')
  add('--verbose', action='store_true', help='show the full log, and tracebacks')
  return result


def models_of(arguments):
  """Names of the models to run; raises ValueError for one that there is not."""
  from models import registry  # pylint: disable=import-outside-toplevel
  from pipeline import flags  # pylint: disable=import-outside-toplevel
  if arguments.compare is None:
    return [flags.DEFAULT_MODEL if arguments.model is None else arguments.model]
  names = arguments.compare.split(',') if arguments.compare != 'all' else registry.names(arguments.preset)
  names = list(dict.fromkeys(names))
  for name in names:
    registry.record_path(name, arguments.preset)
  if arguments.model not in (None, *names):
    raise ValueError(f'--model {arguments.model} is to be pushed, but --compare does not name it')
  return names


def check_paths(arguments):
  """Raises ValueError for a path that is empty, as of a variable that is not set, is not there, or no good for TFX."""
  # pylint: disable=import-outside-toplevel
  from components.imdb_example_gen import readers
  from components.word_vectors import glove
  from pipeline.sources import word_vectors as word_vectors_source
  exists = {'data': readers.check, 'unlabeled': readers.check_unlabeled, 'embeddings': glove.check}
  for name in (*exists, 'output_dir'):
    path, flag = getattr(arguments, name), f'--{name.replace("_", "-")}'
    if path is None or path in word_vectors_source.NAMES:
      continue
    if not path:
      raise ValueError(f'{flag} is empty: name one, or leave it out')
    whole = os.path.abspath(os.path.expanduser(path))
    try:
      whole.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{flag} {whole!a}: a name that is no UTF-8; rename it') from error
    if name in exists:
      exists[name](whole)
    elif set(whole) & set('*?[]'):
      raise ValueError(f'{flag} {whole}: *, ?, [ and ] stand for other files there; choose a name without them')
    setattr(arguments, name, whole)


def configure(arguments):
  """PipelineConfigs of a command line, one per model; raises ValueError for what does not fit."""
  from pipeline import flags  # pylint: disable=import-outside-toplevel
  names = models_of(arguments)
  alone = arguments.compare is None
  configs = [flags.config_of(
      arguments, name, names, data=arguments.data or '', unlabeled=arguments.unlabeled,
      output_dir=arguments.output_dir, embeddings=arguments.embeddings if alone else None) for name in names]
  for config in configs:
    if alone:
      config.check()
    else:  # each gets the sources that suit it only later
      config.model_hparams()
  return configs


def fetch(arguments, configs):
  """Downloads what is not here; returns the reviews_source.Source, the word vectors' file, and the configs with them."""
  # pylint: disable=import-outside-toplevel
  from components.word_vectors import glove
  from pipeline.sources import reviews as reviews_source, word_vectors as word_vectors_source
  data_dir = _PROJECT / 'data'
  try:
    source = reviews_source.resolve(arguments.data, data_dir, print)
    embeddings = word_vectors_source.resolve(arguments.embeddings, data_dir, print)
  except OSError as error:
    raise ValueError(f'{data_dir} cannot be written ({error.strerror or error}): name what you have with --data and '
                     '--embeddings') from error
  if embeddings:
    glove.check(embeddings)
  return source, embeddings, [dataclasses.replace(
      config, data=source.path, embeddings=config.embeddings and embeddings) for config in configs]


def run(arguments, source, embeddings, configs, console):
  """Runs the pipeline, or compares models; returns a local_run.Outcome."""
  compat.stub_unused_imports()
  compat.apply_patches()
  # Only now: it takes a while.
  from pipeline.local import run as local_run  # pylint: disable=import-outside-toplevel
  from pipeline.results import metadata, summary  # pylint: disable=import-outside-toplevel
  metadata.check_store(configs[0].output_dir)
  if source.generated:
    console.print(f'WARNING: {summary.GENERATED}', style='bold red')
  if arguments.compare is None:
    return local_run.run(configs[0], console, source.generated)
  return local_run.compare(configs, embeddings, arguments.model, console, source.generated)


def execute(arguments):
  """Does what a command line asks for; returns the exit code.

  Raises:
    ValueError: it asks for what cannot be.
    OSError: the output directory cannot be written.
  """
  from pipeline.local import console as console_lib, interruption, lock  # pylint: disable=import-outside-toplevel
  from pipeline import layout  # pylint: disable=import-outside-toplevel
  check_paths(arguments)
  # TensorFlow has much to say when it is imported, which goes to the log as soon as there is one.
  with contextlib.nullcontext([]) if arguments.verbose else console_lib.held_back() as said:
    configs = configure(arguments)
  source, embeddings, configs = fetch(arguments, configs)
  output_dir = arguments.output_dir
  log_path = os.path.join(layout.logs(output_dir), time.strftime('%Y%m%d-%H%M%S.log'))
  start = time.monotonic()
  with console_lib.quiet(log_path, arguments.verbose) as console:
    for line in said:
      print(line)
    names = ', '.join(config.model for config in configs)
    console.print(f'{names} on {source.path}, seed {arguments.seed}; output in {os.path.relpath(output_dir)}')
    try:
      with lock.hold(output_dir):
        outcome = run(arguments, source, embeddings, configs, console)
    except Exception as error:  # pylint: disable=broad-except
      logging.getLogger(__name__).exception('the run failed')
      interruption.check()  # Beam makes another error of a Ctrl-C
      console.print(f'FAILED  {error}', style='bold red', markup=False)
      return USAGE if isinstance(error, ValueError) else FAILED
    finally:
      console.print(f'{time.monotonic() - start:.0f} s; full log: {os.path.relpath(log_path)}')
  if arguments.open and outcome.report and not webbrowser.open(pathlib.Path(outcome.report).as_uri()):
    print('no browser could be opened: open the report yourself', file=sys.stderr)
  return OK if outcome.blessed else NOT_BLESSED


def main(argv=None):
  """Returns the exit code."""
  problem = interpreter.find_problem()
  if problem:
    print(problem, file=sys.stderr)
    return USAGE
  cpython.import_from_source(_PROJECT, layout.PACKAGES)
  from pipeline.local import interruption  # pylint: disable=import-outside-toplevel
  interruption.watch()
  try:
    arguments = parser().parse_args(argv)
    return execute(arguments)
  except BrokenPipeError:  # as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return INTERRUPTED
  except ValueError as error:
    print(f'local_runner.py: {error}', file=sys.stderr)
    return USAGE
  except OSError as error:
    print(f'local_runner.py: {arguments.output_dir} cannot be written ({error.strerror}): choose another --output-dir',
          file=sys.stderr)
    return USAGE
  except KeyboardInterrupt:
    print('interrupted: the finished components are kept, run the same command again to go on', file=sys.stderr)
    return INTERRUPTED


if __name__ == '__main__':
  sys.exit(main())
