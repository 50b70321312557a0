"""Runs the pipeline on this machine: from labelled reviews to a gated, pushed sentiment model."""

import argparse
import logging
import os
import pathlib
import signal
import sys
import time
import types
import webbrowser

from pipeline import environment

_PROJECT = pathlib.Path(__file__).resolve().parent
OK, FAILED, USAGE, NOT_BLESSED, INTERRUPTED = 0, 1, 2, 3, 130


def parser():
  """The command line."""
  from pipeline import command_line  # pylint: disable=import-outside-toplevel
  result = argparse.ArgumentParser(description=__doc__, epilog=(
      'exit codes: 0 blessed and pushed, 1 failed, 2 wrong usage, 3 not blessed (nothing pushed), 130 interrupted'))
  command_line.add_flags(result)
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
  from pipeline import command_line  # pylint: disable=import-outside-toplevel
  if arguments.compare is None:
    return [command_line.DEFAULT_MODEL if arguments.model is None else arguments.model]
  names = arguments.compare.split(',') if arguments.compare != 'all' else registry.names(arguments.preset)
  names = list(dict.fromkeys(names))
  for name in names:
    registry.module_of(name, arguments.preset)
  if arguments.model not in (None, *names):
    raise ValueError(f'--model {arguments.model} is to be pushed, but --compare does not name it')
  return names


def check_names(arguments):
  """Raises ValueError for a path that is empty, as of a variable that is not set, or that TFX could not work with."""
  for flag in ('--data', '--unlabeled', '--embeddings', '--output-dir'):
    path = getattr(arguments, flag[2:].replace('-', '_'))
    if path is None:
      continue
    if not path:
      raise ValueError(f'{flag} is empty: name one, or leave it out')
    whole = os.path.abspath(path)
    try:
      whole.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{flag} {whole!a}: a name that is no UTF-8; rename it') from error
    if flag == '--output-dir' and set(whole) & set('*?[]'):
      raise ValueError(f'{flag} {whole}: *, ?, [ and ] stand for other files there; choose a name without them')


def configure(arguments, source, embeddings):
  """PipelineConfigs of a command line, one per model; raises ValueError for what does not fit."""
  # pylint: disable=import-outside-toplevel
  from components.imdb_example_gen import readers
  from components.word_vectors import glove
  from pipeline import command_line
  absolute = lambda path: os.path.abspath(os.path.expanduser(path))
  if embeddings:
    glove.check(embeddings)
  unlabeled = arguments.unlabeled and absolute(arguments.unlabeled)
  if unlabeled:
    readers.check_unlabeled(unlabeled)
  names = models_of(arguments)
  return [command_line.config_of(
      arguments, name, names, data=source.path, unlabeled=unlabeled, output_dir=absolute(arguments.output_dir),
      embeddings=embeddings if arguments.compare is None else None) for name in names]


def run(arguments, source, embeddings, configs, console):
  """Runs the pipeline, or compares models; returns a local_run.Outcome."""
  # Two fifths of TFX's import, for nothing here: kfp, which it does without where it is not installed, and what it has
  # for Google Cloud's services alone.
  sys.modules.setdefault('kfp', None)
  sys.modules.setdefault('tfx.v1.extensions', types.ModuleType('tfx.v1.extensions'))
  # Only now: what TensorFlow prints when it is imported goes to the log.
  from pipeline import local_run, metadata, summary  # pylint: disable=import-outside-toplevel
  metadata.check(configs[0].output_dir)
  if source.generated:
    console.print(f'WARNING: {summary.GENERATED}', style='bold red')
  if arguments.compare is None:
    configs[0].check()
    return local_run.run(configs[0], console, source.generated)
  return local_run.compare(configs, embeddings, arguments.model, console, source.generated)


def main(argv=None):
  """Returns the exit code."""
  problem = environment.problem()
  if problem:
    print(problem, file=sys.stderr)
    return USAGE
  environment.import_from_source(_PROJECT)
  arguments = parser().parse_args(argv)
  # pylint: disable-next=import-outside-toplevel
  from pipeline import console as console_lib, data_source, embeddings_source, layout, run_lock
  try:
    check_names(arguments)
    models_of(arguments)  # before anything is downloaded
    source = data_source.resolve(arguments.data, _PROJECT / 'data', print)
    embeddings = embeddings_source.resolve(arguments.embeddings, _PROJECT / 'data', print)
    configs = configure(arguments, source, embeddings)
  except ValueError as error:
    print(f'local_runner.py: {error}', file=sys.stderr)
    return USAGE
  output_dir = configs[0].output_dir
  log_path = os.path.join(layout.logs(output_dir), time.strftime('%Y%m%d-%H%M%S.log'))
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  start = time.monotonic()
  try:
    with console_lib.quiet(log_path, arguments.verbose) as console:
      names = ', '.join(config.model for config in configs)
      console.print(f'{names} on {source.path}, seed {arguments.seed}; output in {os.path.relpath(output_dir)}')
      try:
        with run_lock.hold(output_dir):
          outcome = run(arguments, source, embeddings, configs, console)
      except Exception as error:  # pylint: disable=broad-except
        logging.getLogger(__name__).exception('the run failed')
        console.print(f'FAILED  {error}', style='bold red', markup=False)
        return USAGE if isinstance(error, ValueError) else FAILED
      finally:
        console.print(f'{time.monotonic() - start:.0f} s; full log: {os.path.relpath(log_path)}')
    if arguments.open and outcome.report and not webbrowser.open(pathlib.Path(outcome.report).as_uri()):
      print('no browser could be opened: open the report yourself', file=sys.stderr)
    return OK if outcome.blessed else NOT_BLESSED
  except BrokenPipeError:  # as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return INTERRUPTED
  except OSError as error:
    print(f'local_runner.py: {output_dir} cannot be written ({error.strerror}): choose another --output-dir',
          file=sys.stderr)
    return USAGE
  except KeyboardInterrupt:
    print('interrupted: the finished components are kept, run the same command again to go on', file=sys.stderr)
    return INTERRUPTED


if __name__ == '__main__':
  sys.exit(main())
