"""Pages about runs and comparisons, in <output-dir>/reports: what the artifacts say, and what ran to make them."""

import functools
import json
import os
import shlex
import sys
import time
from typing import Any, Mapping, NamedTuple, Optional

from tfx import v1 as tfx

from components.common import evaluation_summary
from components.common import plots
from components.report import executor
from components.report import rendering
from pipeline import layout
from pipeline.results import metadata
from pipeline.config import PipelineConfig


class Compared(NamedTuple):
  """A model of a comparison: its row of the table, its evaluation artifact, and the steps that led to it."""

  row: Any  # a pipeline.results.comparison.Row
  evaluation: str
  steps: list[dict[str, Any]]


def steps(store: metadata.Store, pipeline: tfx.dsl.Pipeline, descriptions: Mapping[str, str]) -> list[dict[str, Any]]:
  """The components of the latest run as `rendering.render_run` takes them.

  Args:
    store: of the run.
    pipeline: that ran.
    descriptions: one line by component.
  """
  result = []
  for node in pipeline.components:
    execution = store.latest_execution(node.id)
    state = 'resolved' if execution.is_resolver else 'cached' if execution.cached else 'ran'
    result.append({
        'component': node.id, 'state': state, 'description': descriptions.get(node.id, ''),
        'seconds': None if execution.is_resolver else store.execution_seconds(execution),
        'upstream': sorted(other.id for other in node.upstream_nodes)})
  return result


def run_path(config: PipelineConfig, store: metadata.Store) -> str:
  """Where the page about the latest run belongs."""
  report = store.latest_execution('ReportGen').outputs['report'][0]
  return os.path.join(layout.reports(config.output_dir), f'{config.model}-{report.id}.html')


def write_run(config: PipelineConfig, store: metadata.Store, ran: list[dict[str, Any]], seconds: float,
              warning: Optional[str]) -> str:
  """Writes the page about the latest run.

  Args:
    config: of the run.
    store: of the run's output directory.
    ran: its `steps`.
    seconds: that it took.
    warning: to be shown on top, or None.

  Returns:
    The path.
  """
  with open(os.path.join(store.latest_execution('ReportGen').uri('report'), executor.CONTENT_FILE), encoding='utf-8') as file:
    found = json.load(file)
  inputs = {'Data': config.data, 'Word vectors': config.embeddings, 'Output': config.output_dir}
  local = {**_local(warning), 'seconds': seconds, 'inputs': [(name, path) for name, path in inputs.items() if path]}
  return _write(run_path(config, store), rendering.render_run(found, ran, local))


def write_comparison(models: list[Compared], chosen: Optional[str], named: bool, config: PipelineConfig,
                     warning: Optional[str]) -> str:
  """Writes the page about a comparison.

  Args:
    models: in any order.
    chosen: the one that is run to the end, or None where none was blessed.
    named: whether the user chose it.
    config: of any of them.
    warning: to be shown on top, or None.

  Returns:
    The path.
  """
  models = sorted(models, key=lambda model: -model.row.accuracy)
  found = {model.row.model: evaluation_summary.read_summary(model.evaluation) for model in models}
  curves = {model.row.model: evaluation_summary.read_precision_recall(model.evaluation) for model in models}
  cost = {model.row.model: (model.row.training_seconds, model.row.accuracy) for model in models}
  draw = rendering.render_picture
  pictures = [
      draw('precision-recall', 'Precision-recall curves', functools.partial(plots.draw_precision_recall, curves)),
      draw('roc', 'ROC curves', functools.partial(plots.draw_roc, curves)),
      draw('cost', 'Accuracy against training time', functools.partial(plots.draw_cost, cost)),
  ]
  components = dict.fromkeys(
      step['component'] for model in models for step in model.steps if step['seconds'] is not None)
  page = rendering.render_page(
      'comparison.html.j2', rows=[model.row for model in models], summaries=found, pictures=pictures, chosen=chosen,
      named=named, components=list(components), data=config.data, local=_local(warning),
      steps={model.row.model: {step['component']: step for step in model.steps} for model in models})
  return _write(os.path.join(layout.reports(config.output_dir), 'comparison.html'), page)


def _local(warning):
  return {'command': shlex.join([sys.executable, *sys.argv]), 'warning': warning,
          'finished': time.strftime('%Y-%m-%d %H:%M:%S')}


def _write(path: str, page: str) -> str:
  os.makedirs(os.path.dirname(path), exist_ok=True)
  partial = f'{path}.{os.getpid()}'
  with open(partial, 'w', encoding='utf-8') as file:
    file.write(page)
  os.replace(partial, path)  # a browser never sees half of it
  return path
