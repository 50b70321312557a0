"""A comparison of models on this machine: each is trained and evaluated, and one is run to the end of the pipeline."""

import os
from typing import Optional, Sequence

import rich.box
import rich.console
import rich.table

from components.behaviour_validator import cases
from models import registry
from pipeline import layout
from pipeline.config import PipelineConfig
from pipeline.local import outcome
from pipeline.local import run
from pipeline.pipeline import COMPARISON
from pipeline.results import comparison
from pipeline.results import metadata
from pipeline.results import reports
from pipeline.results import summary

_WIDTH_WITHOUT_TERMINAL = 180  # columns, so that no cell is cut off
_SHORT_NAMES = '/'.join(name[:3] for name in cases.CAPABILITIES)


def compare_models(configs: list[PipelineConfig], skipped: Sequence[str], chosen: Optional[str],
                   console: rich.console.Console) -> outcome.Outcome:
  """Train and evaluate each model, show and write one table, and run the pipeline to its end for one model.

  Args:
    configs: of the models, with one output directory.
    skipped: names of the models that were asked for but lack word vectors, or an encoder that fits.
    chosen: the model to push if it is blessed; None for the blessed one with the best eval accuracy.
    console: where to show it.

  Returns:
    Whether the model that was run to the end was blessed, and the report of the comparison.

  Raises:
    errors.RunError: a component failed.
  """
  for name in skipped:
    encoder = 'another --encoder' if any(config.encoder for config in configs) else '--encoder'
    console.print(f'{name} skipped: requires {encoder if registry.get(name).is_encoder else "--embeddings"}')
  compared: list[reports.ComparedModel] = []
  for number, config in enumerate(configs, 1):
    console.print(f'[{number}/{len(configs)}] {config.model}', markup=False)
    progress, pipeline = run.execute_pipeline(config, console, push=False)
    store = metadata.Store(config.output_dir)
    compared.append(reports.ComparedModel(
        comparison.measure_model(config), store.latest_execution(COMPARISON).uri('evaluation'),
        reports.list_steps(store, pipeline, progress.descriptions)))
    rows = comparison.add_differences(
        [model.row for model in compared], [model.evaluation for model in compared])
    compared = [model._replace(row=row) for model, row in zip(compared, rows)]
    comparison.write_tables(rows, layout.reports(config.output_dir))
  _show_table(console, rows)
  paths = comparison.write_tables(rows, layout.reports(configs[0].output_dir))
  console.print(f'Written to {" and ".join(os.path.relpath(path) for path in paths)}')
  best = chosen or comparison.select_best(rows)
  report = run.write_or_warn(console, lambda: reports.write_comparison_report(
      compared, best, bool(chosen), configs[0], summary.sample_warning(metadata.Store(configs[0].output_dir))))
  if best is None:
    console.print('No model was blessed: not pushed.')
    blessed = False
  else:
    reason = 'named with --model' if chosen else 'best eval accuracy among blessed models'
    console.print(f'Proceeding to the gate with {best}: {reason}')
    blessed = run.run_model(next(config for config in configs if config.model == best), console).blessed
  run.show_path(console, 'Comparison', report)
  return outcome.Outcome(blessed, report)


def _percent(share: Optional[float]) -> str:
  return '-' if share is None else f'{100 * share:.0f}'


def _blessing(row: comparison.Row) -> str:
  return 'no' if not row.blessed else 'with limits' if row.limited else 'yes'


def _show_table(console: rich.console.Console, rows: list[comparison.Row]) -> None:
  rows = sorted(rows, key=lambda row: -row.accuracy)
  table = rich.table.Table(
      title='Test metrics by accuracy', title_justify='left', title_style='bold', padding=(0, 1, 0, 0),
      pad_edge=False, box=rich.box.SIMPLE_HEAD if console.is_terminal else None)
  for name in ('model', 'accuracy', f'against {rows[0].model}', 'AUC', _SHORT_NAMES, 'train s', 'reviews/s', 'MB',
               'blessed'):
    table.add_column(name, no_wrap=True, justify='left' if name == 'model' else 'right')
  for row in rows:
    difference = f'{row.difference:+.4f} ({row.difference_low:+.4f} to {row.difference_high:+.4f})'
    table.add_row(
        row.model, f'{row.accuracy:.4f}', '' if row is rows[0] else difference, f'{row.auc:.4f}',
        '/'.join(_percent(getattr(row, name)) for name in cases.CAPABILITIES), f'{row.training_seconds:.0f}',
        f'{row.reviews_per_second:,.0f}', f'{row.megabytes:.1f}', _blessing(row))
  console.print(table, markup=False, width=None if console.is_terminal else _WIDTH_WITHOUT_TERMINAL)
  console.print(f'{_SHORT_NAMES}: pass rates of the behaviour tests in %: '
                + ', '.join(cases.CAPABILITIES).replace('_', ' '))
  console.print(f'against {rows[0].model}: difference of the accuracies on the same reviews, with its 95 % interval')
