"""The summary of a run for the terminal: a table, and the commands to use the model."""

import math
import os
import pathlib
import shlex
import sys
from typing import Any, Mapping, Optional

import rich.box
import rich.console
import rich.table
import rich.text

from components.behaviour_validator import cases
from components.behaviour_validator import progress_line as behaviour_progress_line
from components.common import evaluation_results
from components.data_gate import progress_line as data_gate_progress_line
from components.decision_threshold import progress_line as decision_progress_line
from components.evaluator import progress_line as evaluator_progress_line
from components.imdb_example_gen import executor as example_gen
from components.imdb_example_gen import progress_line as example_gen_progress_line
from components.imdb_example_gen import review
from components.model_card import progress_line as card_progress_line
from components.serving_validator import progress_line as serving_progress_line
from components.versioned_pusher import progress_line as pusher_progress_line
from pipeline import evaluation
from pipeline import layout
from pipeline.config import PipelineConfig
from pipeline.results import metadata
from pipeline.results import tfx_progress_lines

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_SHOWN_FAILURES = 3  # failed cases of the behaviour tests


def sample_warning(store: metadata.Store) -> Optional[str]:
  """Return the warning about sample data if the latest run used it, else None."""
  return review.sample_warning(store.latest_execution('ImdbExampleGen').value('examples', example_gen.SAMPLE))


def show_summary(console: rich.console.Console, config: PipelineConfig, store: metadata.Store) -> bool:
  """Print the summary of the latest run.

  Args:
    console: where to print.
    config: of the run.
    store: of the run's output directory.

  Returns:
    Whether the model was blessed.
  """
  refusals = _refusals(store)
  _print_table(console, _create_table(config, store, refusals))
  python = _shorten(sys.executable)
  model_dir = layout.serving(config.output_dir)
  if os.path.isdir(model_dir):
    which = ' with the older model that is still live' if refusals else ''
    console.print(f'Score a text{which}: ', _command(
        python, str(_PROJECT / 'predict.py'), '--model-dir', model_dir, 'I really liked the movie!'))
    console.print(f'Serve the {"older " if refusals else ""}model: ', _command(
        python, '-m', 'serving.server', '--model-dir', model_dir))
    console.print('List versions, for a rollback: ', _command(
        python, '-m', 'components.versioned_pusher', 'list', model_dir))
  console.print('Model card: ', _shorten(card_progress_line.card_path(store.latest_execution('ModelCardGen'))))
  console.print('TensorBoard: ', _command(python, '-m', 'pipeline.tensorboard', '--output-dir', config.output_dir))
  return not refusals


def _create_table(config: PipelineConfig, store: metadata.Store, refusals: list[str]) -> rich.table.Table:
  evaluation_result = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  table = rich.table.Table(
      show_header=False, title=f'{config.model} on {os.path.basename(config.data)}', title_justify='left',
      title_style='bold', box=rich.box.ROUNDED)
  counts = example_gen_progress_line.split_counts(store.latest_execution('ImdbExampleGen'))
  table.add_row('Splits', ', '.join(f'{split} {count:,}' for split, count in counts.items()))
  anomalies = tfx_progress_lines.anomaly_count(store.latest_execution('ExampleValidator'))
  table.add_row('Anomalies', str(anomalies or 'none'))
  drift = data_gate_progress_line.drift(store.latest_execution('DataGate'))
  if drift:
    table.add_row('Drift', drift)
  table.add_row('Test accuracy', _metric(evaluation_result, evaluation.ACCURACY, config.min_accuracy))
  table.add_row('Test AUC', _metric(evaluation_result, evaluation.AUC, config.min_auc))
  _add_comparison(table, evaluation_result, config)
  table.add_row('Worst slice', _worst_slice(evaluation_result, config.min_slice_accuracy))
  behaviour = store.latest_execution('BehaviourValidator')
  _add_behaviour(table, behaviour_progress_line.load_report(behaviour), config)
  if config.decision:
    table.add_row('Decision', decision_progress_line.describe(store.latest_execution('DecisionThreshold')).text)
  table.add_row('Serving check', serving_progress_line.describe(store.latest_execution('ServingValidator')).text)
  limits = behaviour_progress_line.limits(behaviour)
  table.add_row('Blessed', rich.text.Text('NO', 'bold red') if refusals else rich.text.Text(
      'yes, with limits', 'bold yellow') if limits else rich.text.Text('yes', 'bold green'))
  for limit in limits if not refusals else ():
    table.add_row('Limit', rich.text.Text(limit, 'bold yellow'))
  for reason in refusals:
    table.add_row('Reason', rich.text.Text(reason, 'bold red'))
  pushed = pusher_progress_line.pushed_path(store.latest_execution('Pusher'))
  if pushed:
    table.add_row('Pushed to', pushed)
  else:
    table.add_row('Push', pusher_progress_line.describe_no_push(layout.serving(config.output_dir)))
  rates, warning = behaviour_progress_line.pass_rates(behaviour), sample_warning(store)
  for advice in (advise_on_defaults(config, evaluation_result, rates), advise_on_reading(config, rates, bool(warning))):
    if advice:
      table.add_row('Thresholds', advice)
  if warning:
    table.add_row('WARNING', rich.text.Text(warning, 'bold red'))
  return table


def _add_behaviour(table: rich.table.Table, report: Mapping[str, Any], config: PipelineConfig) -> None:
  """Add a row for each capability that was tested, in %, and for the first texts that failed."""
  rows = [behaviour_progress_line.describe_capability(
      name, result, _threshold(getattr(config, f'min_{name}'), '.0%'))
          for name, result in report['capabilities'].items()]
  failures = behaviour_progress_line.first_failures(report, _SHOWN_FAILURES)
  for title, lines in (('Behaviour tests', rows or [f'none in the domain {config.domain}']),
                       ('Failing texts', failures)):
    for line in lines:
      table.add_row(title, rich.text.Text(line))


def advise_on_defaults(config: PipelineConfig, found: evaluation_results.Evaluation,
                       rates: Mapping[str, float]) -> Optional[str]:
  """Say what to set if default thresholds, which were chosen for IMDB reviews, refuse a model of other texts.

  Args:
    config: of the run.
    found: the metrics on test.
    rates: pass rates of the behaviour tests, 0 to 1, by capability.

  Returns:
    The advice, with settings that accept a model like this one; None if no default refuses it.
  """
  lowest_slice = min(part.metrics[evaluation.SLICE_ACCURACY] for part in found.slices.values() if part.key)
  values = {'min_accuracy': found.metrics[evaluation.ACCURACY], 'min_auc': found.metrics[evaluation.AUC],
            'min_slice_accuracy': lowest_slice,
            **{f'min_{name}': rate for name, rate in rates.items() if name not in cases.READING}}
  # A field's default is also an attribute of the dataclass.
  refused = [name for name, value in values.items()
             if getattr(config, name) == getattr(PipelineConfig, name) > value]
  if not refused:
    return None
  settings = ' '.join(f'--set {name}={math.floor(100 * values[name]) / 100:g}' for name in refused)
  return ('the defaults were chosen for IMDB reviews; for other texts, name a --domain or choose your own: this model '
          f'meets {settings}')


def advise_on_reading(config: PipelineConfig, rates: Mapping[str, float], is_sample: bool) -> Optional[str]:
  """Say what to set if default thresholds refuse a model because it counts words.

  Args:
    config: of the run.
    rates: pass rates of the behaviour tests, 0 to 1, by capability.
    is_sample: whether the model learned from sample data.

  Returns:
    The advice; None if no such threshold refuses it.
  """
  refused = [name.replace('_', ' ') for name in cases.READING if config.expected_reading() == 'full'
             and rates.get(name, 1) < (getattr(config, f'min_{name}') or 0)]
  if not refused:
    return None
  source = 'sample data teaches no model to read' if is_sample else 'this model does not read enough'
  other = ', or train on real reviews: --data' if is_sample else ', or train another model'
  return (f'{source} ({", ".join(refused)}): --set reads=none pushes a model that counts words, with that limit in its '
          f'card{other}')


def _refusals(store: metadata.Store) -> list[str]:
  """Return why the latest model must not be pushed, the most important reason first; empty if it may be."""
  serving = serving_progress_line.refusal(store.latest_execution('ServingValidator'))
  failures = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).failures
  behaviour = behaviour_progress_line.refusals(store.latest_execution('BehaviourValidator'))
  return [*([serving] if serving else []), *failures, *behaviour]


def _print_table(console: rich.console.Console, table: rich.table.Table) -> None:
  """Print a table of two columns: with a frame on a terminal, otherwise as one line per row."""
  if console.is_terminal:
    console.print(table, markup=False)
    return
  console.print(table.title, markup=False)
  for name, value in zip(*(column.cells for column in table.columns)):
    console.print(f'  {name:<18} {value}', markup=False)


def _metric(found: evaluation_results.Evaluation, name: str, minimum: Optional[float]) -> str:
  low, high = found.slices[evaluation_results.OVERALL].intervals[name]
  return f'{found.metrics[name]:.4f} (95 % interval {low:.4f}-{high:.4f}; {_threshold(minimum)})'


def _add_comparison(table: rich.table.Table, found: evaluation_results.Evaluation, config: PipelineConfig) -> None:
  """Add a row for each pushed version that the model was compared with."""
  compared = found.comparison.compared if found.comparison else ()
  if not compared:
    table.add_row('Served version', 'ignored (--ignore-baseline)' if config.ignore_baseline else
                  'none yet: no other version was pushed')
  limit = 'no threshold' if config.max_accuracy_drop is None else f'maximum drop {config.max_accuracy_drop:g}'
  for each in compared:
    table.add_row('Served version' if each.role == 'baseline' else 'Best kept',
                  f'{each.change} ({limit}) against {each.name}, accuracy {each.accuracy:.4f}')


def _worst_slice(found: evaluation_results.Evaluation, minimum: Optional[float]) -> str:
  slices = [part for part in found.slices.values() if part.key and not part.is_small]
  if not slices:
    return f'none of {evaluation_results.MIN_REVIEWS} examples or more'
  worst = min(slices, key=lambda part: part.metrics[evaluation.ACCURACY])
  return (f'{worst.name!r}: accuracy {worst.metrics[evaluation.ACCURACY]:.4f}, upper 95 % bound '
          f'{worst.metrics[evaluation.SLICE_ACCURACY]:.4f} ({_threshold(minimum)}), '
          f'{worst.metrics["example_count"]:,.0f} examples')


def _threshold(minimum: Optional[float], form: str = 'g') -> str:
  return 'no threshold' if minimum is None else f'threshold {minimum:{form}}'


def _command(python: str, *arguments: str) -> str:
  """Return a command line to copy."""
  return ' '.join([python, *map(_shorten, arguments)])


def _shorten(argument: str) -> str:
  """Quote an argument for a shell; a path below the working directory becomes relative to it."""
  if os.path.isabs(argument) and argument.startswith(os.getcwd() + os.sep):
    argument = os.path.relpath(argument)
  return shlex.quote(argument)
