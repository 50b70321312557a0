"""The HTML pages about runs and comparisons, in reports/ of the output directory."""

import functools
import json
import os
import shlex
import sys
import time
from typing import Any, Mapping, NamedTuple, Optional

from tfx import v1 as tfx

from components.common import evaluation_summary
from components.common import files
from components.common import plots
from components.report import executor
from components.report import rendering
from pipeline import layout
from pipeline.config import PipelineConfig
from pipeline.results import comparison
from pipeline.results import metadata


class ComparedModel(NamedTuple):
  """A model of a comparison.

  Attributes:
    row: the model's row of the table.
    evaluation: directory of its evaluation artifact.
    steps: the pipeline steps of its run; see `list_steps`.
  """

  row: comparison.Row
  evaluation: str
  steps: list[dict[str, Any]]


def list_steps(store: metadata.Store, pipeline: tfx.dsl.Pipeline,
               descriptions: Mapping[str, str]) -> list[dict[str, Any]]:
  """List the pipeline steps of the latest run as `rendering.render_run` takes them.

  Args:
    store: of the run.
    pipeline: the pipeline of the run.
    descriptions: one line per component.

  Returns:
    One mapping per node of the pipeline: component, state (ran, cached or resolved), description, seconds (None for a
    resolver) and upstream (the nodes that it waits for).
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


def run_report_path(config: PipelineConfig, store: metadata.Store) -> str:
  """Return the path of the page about the latest run, whether it exists or not."""
  report = store.latest_execution('ReportGen').outputs['report'][0]
  return os.path.join(layout.reports(config.output_dir), f'{config.model}-{report.id}.html')


def write_run_report(config: PipelineConfig, store: metadata.Store, steps: list[dict[str, Any]],
                     seconds: float) -> str:
  """Write the page about the latest run.

  Args:
    config: of the run.
    store: of the run's output directory.
    steps: of the run; see `list_steps`.
    seconds: duration of the run.

  Returns:
    The path of the page.

  Raises:
    OSError: the page cannot be written.
  """
  path = os.path.join(store.latest_execution('ReportGen').uri('report'), executor.CONTENT_FILE)
  with open(path, encoding='utf-8') as file:
    content = json.load(file)
  inputs = {'Data': config.data, 'Word vectors': config.embeddings, 'Encoder': config.encoder,
            'Teacher': config.teacher, 'Output': config.output_dir}
  local = {**_local_content(), 'seconds': seconds,
           'inputs': [(name, path) for name, path in inputs.items() if path]}
  return _write(run_report_path(config, store), rendering.render_run(content, steps, local))


def write_comparison_report(models: list[ComparedModel], chosen: Optional[str], is_named: bool, config: PipelineConfig,
                            warning: Optional[str]) -> str:
  """Write the page about a comparison.

  Args:
    models: in any order.
    chosen: the model that is run to the end of the pipeline, or None if no model was blessed.
    is_named: whether the user named the chosen model.
    config: of any of the models.
    warning: shown on top of the page, or None.

  Returns:
    The path of the page.

  Raises:
    OSError: the page cannot be written.
  """
  models = sorted(models, key=lambda model: -model.row.accuracy)
  summaries = {model.row.model: evaluation_summary.read_summary(model.evaluation) for model in models}
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
      'comparison.html.j2', rows=[model.row for model in models], summaries=summaries, pictures=pictures, chosen=chosen,
      named=is_named, components=list(components), data=config.data, local=_local_content(), warning=warning,
      steps={model.row.model: {step['component']: step for step in model.steps} for model in models})
  return _write(os.path.join(layout.reports(config.output_dir), 'comparison.html'), page)


def _local_content() -> dict[str, Any]:
  """Return what a page says about this machine and moment."""
  return {'command': shlex.join([sys.executable, *sys.argv]), 'finished': time.strftime('%Y-%m-%d %H:%M:%S')}


def _write(path: str, page: str) -> str:
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with files.write_atomically(path) as file:
    file.write(page)
  return path
