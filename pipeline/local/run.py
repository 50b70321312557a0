"""A run on this machine, or several to compare models, shown on a console."""

import dataclasses
import os
import time
from typing import NamedTuple, Optional

import rich.box
import rich.console
import rich.table
from tfx import v1 as tfx

from components.behaviour_validator import cases
from components.versioned_pusher import versions
from models import model
from models import registry
from pipeline.results import comparison
from pipeline.results import descriptions
from pipeline import layout
from pipeline.results import metadata
from pipeline.local import progress
from pipeline.results import reports
from pipeline.results import summary
from pipeline.config import PipelineConfig
from pipeline.pipeline import COMPARISON
from pipeline.pipeline import create_pipeline

_WIDE = 160  # columns, where no terminal has a width: nothing is cut off
_LONGEST = 1_000  # characters of an error
# The last is what ML Metadata says of a transaction that SQLite itself has undone, as it does where the disk is full.
_FULL = ('No space left on device', 'database or disk is full', 'cannot commit - no transaction is active')
_READ_ONLY = ('Read-only file system', 'readonly database')


class RunError(Exception):
  """A component failed; the message is the component and one line for the user."""


class Outcome(NamedTuple):
  """Whether a model was blessed, and the page that tells more; None where it could not be written."""

  blessed: bool
  report: Optional[str]


def run(config: PipelineConfig, console: rich.console.Console, generated: bool) -> Outcome:
  """Runs the pipeline and shows its outcome.

  Raises:
    RunError: a component failed.
  """
  start = time.monotonic()
  shown, pipeline = _execute(config, console, push=True)
  store = metadata.Store(config.output_dir)
  blessed = summary.show(console, config, store, generated)
  path = reports.run_path(config, store)
  if not shown.executed:
    console.print('Nothing has changed since the last run: every component was reused.')
  if shown.executed or not os.path.exists(path):
    steps = reports.steps(store, pipeline, shown.descriptions)
    path = _written(console, reports.write_run, config, store, steps, time.monotonic() - start, _warning(generated))
  return Outcome(blessed, _shown(console, path))


def _warning(generated):
  return summary.GENERATED if generated else None


def _written(console, write, *arguments):
  """The path of a report, None where there is no room for it: the model is as good without."""
  try:
    return write(*arguments)
  except OSError as error:
    console.print(f'The report could not be written: {error}', style='bold red', markup=False)
    return None


def _shown(console, path, name='Report'):
  if path:
    console.print(f'{name}: ', os.path.relpath(path), markup=False)
  return path


def compare(configs: list[PipelineConfig], embeddings: Optional[str], named: Optional[str],
            console: rich.console.Console, generated: bool) -> Outcome:
  """Trains and evaluates each model, shows and writes one table, and runs the pipeline to its end for one of them.

  Args:
    configs: of the models, with one output directory.
    embeddings: a GloVe file for the models that need word vectors, which are left out without it; the others start
      from random embeddings, as in a run of their own.
    named: the model to push if it is blessed; None for the best blessed one.
    console: where to show.
    generated: whether the reviews were generated.

  Returns:
    Whether the model that was run to the end was blessed, and the page about the comparison.

  Raises:
    RunError: a component failed.
  """
  configs = _with_sources(configs, embeddings, console)
  rows, compared = [], []
  for number, config in enumerate(configs, 1):
    console.print(f'[{number}/{len(configs)}] {config.model}', markup=False)
    shown, pipeline = _execute(config, console, push=False)
    rows.append(comparison.measure(config))
    store = metadata.Store(config.output_dir)
    compared.append(reports.Compared(
        rows[-1], store.latest_execution(COMPARISON).uri('evaluation'), reports.steps(store, pipeline, shown.descriptions)))
    comparison.write(rows, layout.reports(config.output_dir))
  _show_table(console, rows)
  paths = comparison.write(rows, layout.reports(configs[0].output_dir))
  console.print(f'Written to {" and ".join(os.path.relpath(path) for path in paths)}')
  best = named or comparison.best(rows)
  report = _written(console, reports.write_comparison, compared, best, bool(named), configs[0], _warning(generated))
  if best is None:
    console.print('No model was blessed: nothing is pushed.')
    return Outcome(False, _shown(console, report, 'Comparison'))
  console.print(f'{"The named one" if named else "The best on eval of the blessed ones"}: {best}')
  blessed, _ = run(next(config for config in configs if config.model == best), console, generated)
  return Outcome(blessed, _shown(console, report, 'Comparison'))


def _with_sources(configs, embeddings, console):
  """Gives each model the word vectors and the unlabeled reviews if it uses them; leaves out those that lack vectors."""
  result = []
  for config in configs:
    needed = registry.get(config.model, config.preset).word_vectors is model.WordVectors.REQUIRED
    if needed and embeddings is None:
      console.print(f'{config.model} is left out: it needs word vectors, named with --embeddings')
    else:
      result.append(dataclasses.replace(
          config, embeddings=embeddings if needed else None,
          unlabeled=config.unlabeled if config.model_hparams().unlabeled else None))
      result[-1].check()
  return result


def _show_table(console, rows):
  table = rich.table.Table(
      title='On test, best accuracy first', title_justify='left', title_style='bold', padding=(0, 1, 0, 0),
      pad_edge=False, box=rich.box.SIMPLE_HEAD if console.is_terminal else None)
  for name in ('model', 'accuracy', 'AUC', 'inv/dir/neg/min', 'train s', 'reviews/s', 'MB', 'blessed'):
    table.add_column(name, no_wrap=True, justify='left' if name == 'model' else 'right')
  for row in sorted(rows, key=lambda row: -row.accuracy):
    table.add_row(
        row.model, f'{row.accuracy:.4f}', f'{row.auc:.4f}',
        '/'.join(f'{100 * getattr(row, name):.0f}' for name in cases.CAPABILITIES), f'{row.training_seconds:.0f}',
        f'{row.reviews_per_second:,.0f}', f'{row.megabytes:.1f}', 'yes' if row.blessed else 'no')
  console.print(table, markup=False, width=None if console.is_terminal else _WIDE)
  console.print('inv/dir/neg/min: behaviour tests passed in %: ' + ', '.join(cases.CAPABILITIES).replace('_', ' '))


def _execute(config, console, push):
  """Runs one pipeline; returns the Progress that followed it, and the pipeline."""

  def describe(component):
    execution = metadata.Store(config.output_dir).latest_execution(component)
    return None if execution.is_resolver else execution.cached, descriptions.describe_node(component, execution)

  shown = progress.Progress(console, describe)
  try:
    pipeline = create_pipeline(config, push)
    with shown:
      tfx.orchestration.LocalDagRunner().run(pipeline)
  except Exception as error:  # pylint: disable=broad-except
    raise RunError(f'{shown.current}: {_message(error)}' if shown.current else _message(error)) from error
  return shown, pipeline


def _message(error: Exception) -> str:
  """One line for a user: without the frames that Beam and TensorFlow put around an error."""
  if any(words in str(error) for words in _FULL) and not isinstance(error, versions.PushError):
    return 'the disk is full: make room where the output directory and TMPDIR are, and run this again'
  line = (str(error).strip().partition(' [while running')[0].splitlines() or [''])[-1]
  # What comes from a file may be of any length, and speak to the terminal.
  line = ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in line[:_LONGEST])
  if any(words in str(error) for words in _READ_ONLY) and not isinstance(error, versions.PushError):
    return f'the output directory or TMPDIR became read-only: make it writable, and run this again ({line})'
  if isinstance(error, (ValueError, OSError)):
    return line
  return line.removeprefix('ValueError: ') if line.startswith('ValueError: ') else f'{type(error).__name__}: {line}'
