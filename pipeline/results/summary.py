"""The outcome of a run, as a table and the commands that come next."""

import os
import pathlib
import shlex
import sys
from typing import Optional

import rich.box
import rich.console
import rich.table
import rich.text

from components.behaviour_validator import description as behaviour_description
from components.common import evaluation_results
from components.data_gate import description as data_gate_description
from components.evaluator import description as evaluator_description
from components.imdb_example_gen import description as example_gen_description
from components.model_card import description as card_description
from components.serving_validator import description as serving_description
from components.versioned_pusher import description as pusher_description
from pipeline import evaluation
from pipeline import layout
from pipeline.results import metadata
from pipeline.results import tfx_descriptions
from pipeline.config import PipelineConfig

GENERATED = ('These reviews are GENERATED, not real: the network could not be reached. The scores below mean NOTHING '
             'about real reviews. Name real ones with --data.')


def show(console: rich.console.Console, config: PipelineConfig, store: metadata.Store, generated: bool) -> bool:
  """Prints the outcome.

  Args:
    console: where to print.
    config: of the run.
    store: of the run's output directory.
    generated: whether the reviews were generated.

  Returns:
    Whether the model was blessed.
  """
  validation = evaluator_description.load_evaluation(store.latest_execution('Evaluator'))
  pushed = pusher_description.pushed_path(store.latest_execution('Pusher'))
  table = rich.table.Table(
      show_header=False, title=f'{config.model} on {os.path.basename(config.data)}', title_justify='left',
      title_style='bold', box=rich.box.ROUNDED)
  counts = example_gen_description.split_counts(store.latest_execution('ImdbExampleGen'))
  table.add_row('Splits', ', '.join(f'{split} {count:,}' for split, count in counts.items()))
  table.add_row('Anomalies', str(tfx_descriptions.anomaly_count(store.latest_execution('ExampleValidator')) or 'none'))
  drift = data_gate_description.drift(store.latest_execution('DataGate'))
  if drift:
    table.add_row('Drift in train', drift)
  table.add_row('Accuracy on test', _metric(validation, evaluation.ACCURACY, config.min_accuracy))
  table.add_row('AUC on test', _metric(validation, evaluation.AUC, config.min_auc))
  table.add_row('Baseline', _baseline(validation, config))
  table.add_row('Lowest in a slice', _worst_slice(validation, config.min_slice_accuracy))
  rates = behaviour_description.pass_rates(store.latest_execution('BehaviourValidator'))
  table.add_row('Behaviour tests', ', '.join(
      f'{name.replace("_", " ")} {rate:.0%} (at least {getattr(config, f"min_{name}"):.0%})'
      for name, rate in rates.items()))
  table.add_row('Serving check', serving_description.describe(store.latest_execution('ServingValidator')).text)
  refusals = _refusals(store)
  table.add_row('Blessed', rich.text.Text('NO: ' + '; '.join(refusals), 'bold red') if refusals else
                rich.text.Text('yes', 'bold green'))
  table.add_row('Pushed to' if pushed else 'Push', pushed or pusher_description.describe_no_push(layout.serving(config.output_dir)))
  if generated:
    table.add_row('WARNING', GENERATED)
  _print(console, table)
  python = shlex.quote(os.path.relpath(sys.executable)) if _below_here(sys.executable) else shlex.quote(sys.executable)
  project = pathlib.Path(__file__).resolve().parents[2]
  predict = str(project / 'predict.py')
  model_dir = layout.serving(config.output_dir)
  if os.path.isdir(model_dir):
    console.print('Score a review: ', _command(
        python, predict, '--model-dir', model_dir, 'I really liked the movie!'))
    console.print('Serve it: ', _command(python, '-m', 'serving.server', '--model-dir', model_dir))
    console.print('Versions, to roll back to: ', _command(python, '-m', 'components.versioned_pusher', 'list', model_dir))
  console.print('Model card: ', _command('', card_description.card_path(store.latest_execution('ModelCardGen'))).strip())
  console.print('TensorBoard: ', _command(python, '-m', 'pipeline.tensorboard', '--output-dir', config.output_dir))
  return not refusals



def _refusals(store: metadata.Store) -> list[str]:
  """Return why the latest model must not be pushed; empty if it may be."""
  others = (serving_description.refusal(store.latest_execution('ServingValidator')),
            behaviour_description.refusal(store.latest_execution('BehaviourValidator')))
  failures = evaluator_description.load_evaluation(store.latest_execution('Evaluator')).failures
  return [*failures, *(reason for reason in others if reason)]


def _print(console, table):
  """A table of two columns: with a frame for people, a line for each row without a terminal."""
  if console.is_terminal:
    console.print(table, markup=False)
    return
  console.print(table.title, markup=False)
  for name, value in zip(*(column.cells for column in table.columns)):
    console.print(f'  {name:<18} {value}', markup=False)


def _metric(found: evaluation_results.Evaluation, name: str, at_least: Optional[float]) -> str:
  low, high = found.slices[evaluation_results.OVERALL].intervals[name]
  return f'{found.metrics[name]:.4f} (95 % interval {low:.4f}-{high:.4f}; {_bar(at_least)})'


def _baseline(found: evaluation_results.Evaluation, config: PipelineConfig) -> str:
  if config.ignore_baseline:
    return 'ignored, as you asked'
  if found.baseline is None:
    return 'none yet: no other model was blessed'
  drop = 'no bar' if config.max_accuracy_drop is None else f'at most {config.max_accuracy_drop:g} below it'
  return (f'accuracy {found.baseline[evaluation.ACCURACY]:.4f} ({drop}), '
          f'AUC {found.baseline[evaluation.AUC]:.4f}')


def _worst_slice(found: evaluation_results.Evaluation, at_least: Optional[float]) -> str:
  worst = min(
      (part for part in found.slices.values() if part.key), key=lambda part: part.metrics[evaluation.SLICE_ACCURACY])
  return (f'accuracy {worst.metrics[evaluation.ACCURACY]:.4f} of {worst.metrics["example_count"]:,.0f} reviews in '
          f'{worst.name!r} ({_bar(at_least)}, beyond chance)')


def _bar(at_least: Optional[float]) -> str:
  return 'no bar' if at_least is None else f'at least {at_least:g}'


def _below_here(path: str) -> bool:
  return os.path.abspath(path).startswith(os.getcwd() + os.sep)


def _command(python: str, *arguments: str) -> str:
  """A command line to copy, with paths below the working directory made short."""
  short = [os.path.relpath(a) if os.path.isabs(a) and _below_here(a) else a for a in arguments]
  return ' '.join([python, *map(shlex.quote, short)])
