"""One run of the pipeline on this machine, shown on a console."""

import os
import time
from typing import Callable, Optional

import rich.console
from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.local import errors
from pipeline.local import outcome
from pipeline.local import progress as progress_lib
from pipeline.pipeline import create_pipeline
from pipeline.results import cache_explanation
from pipeline.results import history as history_lib
from pipeline.results import metadata
from pipeline.results import progress_lines
from pipeline.results import reports
from pipeline.results import summary


def run_model(config: PipelineConfig, console: rich.console.Console) -> outcome.Outcome:
  """Run the pipeline for one model, and show the summary and the path of the report.

  Args:
    config: of the run.
    console: where to show it.

  Returns:
    Whether the model was blessed, and the report of the run.

  Raises:
    errors.RunError: a component failed.
  """
  start = time.monotonic()
  progress, pipeline = execute_pipeline(config, console, push=True)
  store = metadata.Store(config.output_dir)
  blessed = summary.show_summary(console, config, store)
  page = reports.run_report_path(config, store)
  path: Optional[str] = page
  if not progress.executed:
    console.print('Nothing has changed since the last run: every component was reused.')
  if progress.executed or not os.path.exists(page):
    steps = reports.list_steps(store, pipeline, progress.descriptions)
    path = write_or_warn(console, lambda: reports.write_run_report(
        config, store, steps, time.monotonic() - start))
  show_path(console, 'Report', path)
  return outcome.Outcome(blessed, path)


def execute_pipeline(config: PipelineConfig, console: rich.console.Console,
                     push: bool) -> tuple[progress_lib.Progress, tfx.dsl.Pipeline]:
  """Execute one pipeline with LocalDagRunner.

  Args:
    config: of the pipeline.
    console: where to show the progress.
    push: see `create_pipeline`.

  Returns:
    The progress, which knows what was executed, and the pipeline.

  Raises:
    errors.RunError: a component failed.
  """

  def describe(component):
    execution = metadata.Store(config.output_dir).latest_execution(component)
    return None if execution.is_resolver else execution.cached, progress_lines.describe_node(component, execution)

  progress = progress_lib.Progress(console, describe)
  try:
    pipeline = create_pipeline(config, push)
    cache_explanation.record_fingerprints(config.output_dir)
    with progress:
      tfx.orchestration.LocalDagRunner().run(pipeline)
  except Exception as error:  # pylint: disable=broad-except
    message = errors.summarize_error(error)
    raise errors.RunError(f'{progress.current}: {message}' if progress.current else message) from error
  return progress, pipeline


def show_cache_explanation(console: rich.console.Console, output_dir: str, since: float) -> None:
  """Show why each component ran or was reused.

  Args:
    console: where to show it.
    output_dir: of the runs.
    since: runs that started later are shown, in seconds since 1970.
  """
  history, fingerprints = history_lib.load_history(output_dir), cache_explanation.read_fingerprints(output_dir)
  for run in history.runs:
    if run.steps[0].started >= since:
      console.print(f'Why each component of run {run.id} ran or was reused:')
    for step in run.steps if run.steps[0].started >= since else ():
      console.print(f'  {step.component:<18} {step.state:>9}   '
                    f'{cache_explanation.explain_step(history, step, fingerprints)}', markup=False)


def write_or_warn(console: rich.console.Console, write: Callable[[], str]) -> Optional[str]:
  """Call a function that writes a report.

  Args:
    console: where to warn.
    write: returns the path of what it wrote.

  Returns:
    The path, or None if the report could not be written: the model is as good without it.
  """
  try:
    return write()
  except OSError as error:
    console.print(f'The report could not be written: {errors.describe_os_error(error)}', style='bold red', markup=False)
    return None


def show_path(console: rich.console.Console, name: str, path: Optional[str]) -> None:
  """Show the path of a report, relative to the working directory, if there is one."""
  if path:
    console.print(f'{name}: {os.path.relpath(path)}', markup=False)
