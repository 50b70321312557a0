"""Runs of this project's pipeline, started as a user starts them."""

import os
import pathlib
import re
import subprocess
import sys
import time
from typing import Any

from benchmarks import report

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
# A model of sample data, or of few reviews, need not meet the thresholds: it is measured, not judged.
_NO_THRESHOLDS = {
    'min_accuracy': 0, 'min_auc': 0, 'min_slice_accuracy': 'none', 'max_accuracy_drop': 'none', 'min_invariance': 0,
    'min_direction': 0, 'min_negation': 0, 'min_minimum_functionality': 0}


def component_seconds(output: str) -> dict[str, float]:
  """Return the seconds of each component that ran, from the lines that a run prints."""
  return {line[1]: float(line[2]) for line in re.finditer(r'^  (\w+) +([\d.]+) s(?: |$)', output, re.M)}


def run(settings: report.Settings, data: 'str | os.PathLike[str]', output_dir: pathlib.Path, model: str,
        **fields: Any) -> dict[str, float]:
  """Run the pipeline in a process of its own.

  Args:
    settings: of the benchmark.
    data: reviews.
    output_dir: of the run.
    model: name of the model.
    **fields: more values for --set.

  Returns:
    The seconds of each component that ran and of the `whole` process, and the `accuracy` on test.

  Raises:
    SystemExit: the run failed; the message is what it printed.
  """
  command = [sys.executable, _PROJECT / 'local_runner.py', '--data', data, '--output-dir', output_dir, '--model', model]
  if settings.train_steps:
    command += ['--train-steps', settings.train_steps]
  for name, value in {**_NO_THRESHOLDS, **fields}.items():
    command += ['--set', f'{name}={value}']
  start = time.perf_counter()
  process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
  seconds = time.perf_counter() - start
  if process.returncode:
    raise SystemExit(process.stdout)
  accuracy = re.search(r'test: accuracy ([\d.]+)', process.stdout)
  assert accuracy, process.stdout
  return {**component_seconds(process.stdout), 'whole': seconds, 'accuracy': float(accuracy[1])}


def pushed_model(settings: report.Settings, data: 'str | os.PathLike[str]', model: str) -> pathlib.Path:
  """Return the SavedModel that a run pushed; runs the pipeline the first time."""
  output_dir = settings.directory / f'pushed-{model}'
  if not output_dir.exists():
    run(settings, data, output_dir, model)
  return max((output_dir / 'serving' / 'sentiment').iterdir())
