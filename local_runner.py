"""Runs the pipeline on this machine: from labelled reviews to a gated, pushed sentiment model."""

import argparse
import dataclasses
import os
import pathlib
import signal
import sys
import time

from pipeline import environment

_PROJECT = pathlib.Path(__file__).resolve().parent
OK, FAILED, USAGE, NOT_BLESSED, INTERRUPTED = 0, 1, 2, 3, 130


def parser():
  """The command line."""
  from models import registry  # pylint: disable=import-outside-toplevel
  result = argparse.ArgumentParser(description=__doc__, epilog=(
      'exit codes: 0 blessed and pushed, 1 failed, 2 wrong usage, 3 not blessed (nothing pushed), 130 interrupted'))
  add = result.add_argument
  add('--model', default='cnn', metavar='NAME', help=f'one of: {", ".join(registry.MODELS)} (default: cnn)')
  add('--data', metavar='PATH', help=(
      'reviews: a .tar.gz or directory in aclImdb layout, or a .csv, .tsv or .jsonl file (also .gz) with text, label '
      'and, if you like, split and rating (default: $IMDB_DATA, then data/, then the official archive is downloaded)'))
  add('--embeddings', metavar='FILE', help='GloVe word vectors: a text file, also .gz, or FILE.zip:MEMBER')
  add('--train-steps', metavar='N', help="training steps at most (default: the model's)")
  add('--vocab-size', metavar='N', help="token ids, the 3 reserved ones included (default: the model's)")
  add('--max-length', metavar='N', help="tokens kept of a review (default: the model's)")
  add('--seed', type=int, default=0, metavar='N', help='the same seed gives the same model (default: 0)')
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help=(
      'any field of PipelineConfig, as min_accuracy=0.85, or hyper-parameter of the model, as cnn.filters=128; '
      'may be given again'))
  add('--output-dir', default=str(_PROJECT / 'output'), metavar='DIR', help='(default: output/ in the project)')
  add('--verbose', action='store_true', help='show the full log, and tracebacks')
  return result


def settings_of(arguments):
  """The `--set` of the command line as a mapping, the flags that are short for some of them included.

  Raises:
    ValueError: a --set without `=`.
  """
  settings = {}
  for item in arguments.settings:
    key, separator, value = item.partition('=')
    if not separator:
      raise ValueError(f'--set {item}: KEY=VALUE was expected')
    settings[key.strip()] = value
  for name in ('train_steps', 'vocab_size', 'max_length'):
    if getattr(arguments, name) is not None:
      settings[f'{arguments.model}.{name}'] = getattr(arguments, name)
  return settings


def configure(arguments, source):
  """The PipelineConfig of a command line and a source of reviews; raises ValueError for what does not fit."""
  from pipeline.config import PipelineConfig  # pylint: disable=import-outside-toplevel
  config = PipelineConfig(
      data=source.path,
      output_dir=os.path.abspath(os.path.expanduser(arguments.output_dir)),
      model=arguments.model,
      embeddings=arguments.embeddings and os.path.abspath(os.path.expanduser(arguments.embeddings)),
      seed=arguments.seed)
  return config.with_settings(settings_of(arguments))


def message_of(error):
  """One line for a user: without the frame that Beam puts around an error from its workers."""
  text = str(error).strip().partition(' [while running')[0].splitlines() or ['']
  return text[-1] if isinstance(error, (ValueError, OSError)) else (
      f'{text[-1].removeprefix("ValueError: ")}' if 'ValueError: ' in text[-1] else f'{type(error).__name__}: {text[-1]}')


def run(arguments, source, config, console, log_path):
  """Runs the pipeline and shows its outcome; returns the exit code."""
  from tfx import v1 as tfx  # pylint: disable=import-outside-toplevel
  from pipeline import facts, metadata, progress, summary  # pylint: disable=import-outside-toplevel
  from pipeline.pipeline import create_pipeline  # pylint: disable=import-outside-toplevel

  def describe(component):
    execution = metadata.Store(config.output_dir).latest(component)
    return None if execution.is_lookup else execution.cached, facts.fact(component, execution)

  if source.generated:
    console.print(f'WARNING: {summary.GENERATED}', style='bold red')
  start = time.monotonic()
  shown = progress.Progress(console, describe)
  try:
    pipeline = create_pipeline(config)
    with shown:
      tfx.orchestration.LocalDagRunner().run(pipeline)
    blessed = summary.show(console, config, metadata.Store(config.output_dir), source.generated)
  except Exception as error:  # pylint: disable=broad-except
    import logging  # pylint: disable=import-outside-toplevel
    logging.getLogger(__name__).exception('the run failed')
    where = f'{shown.current}: ' if shown.current else ''
    console.print(f'FAILED  {where}{message_of(error)}', style='bold red', markup=False)
    return FAILED
  if not shown.executed:
    console.print('Nothing has changed since the last run: every component was reused.')
  console.print(f'{time.monotonic() - start:.0f} s; full log: {os.path.relpath(log_path)}')
  return OK if blessed else NOT_BLESSED


def main(argv=None):
  """Returns the exit code."""
  problem = environment.problem()
  if problem:
    print(problem, file=sys.stderr)
    return USAGE
  arguments = parser().parse_args(argv)
  from pipeline import console as console_lib, data_source, layout  # pylint: disable=import-outside-toplevel
  try:
    source = data_source.resolve(arguments.data, _PROJECT / 'data', print)
    config = configure(arguments, source)
  except ValueError as error:
    print(f'local_runner.py: {error}', file=sys.stderr)
    return USAGE
  log_path = os.path.join(layout.logs(config.output_dir), time.strftime('%Y%m%d-%H%M%S.log'))
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  try:
    with console_lib.quiet(log_path, arguments.verbose) as console:
      console.print(f'{config.model} on {config.data}, seed {config.seed}; output in {os.path.relpath(config.output_dir)}')
      try:
        config.model_hparams()
      except ValueError as error:
        console.print(f'local_runner.py: {error}', markup=False)
        return USAGE
      return run(arguments, source, config, console, log_path)
  except KeyboardInterrupt:
    print('interrupted: the finished components are kept, run the same command again to go on', file=sys.stderr)
    return INTERRUPTED


if __name__ == '__main__':
  sys.exit(main())
