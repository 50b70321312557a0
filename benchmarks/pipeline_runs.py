"""Runs of this project's pipeline, started as a user starts them."""

import os
import pathlib
import re
import subprocess
import sys
import time
from typing import Any, Optional, Sequence

from benchmarks import report

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
# A model of sample data, or of few reviews, need not meet the thresholds: it is measured, not judged.
_NO_THRESHOLDS = {
    'min_accuracy': 0, 'min_auc': 0, 'min_slice_accuracy': 'none', 'max_accuracy_drop': 'none', 'min_invariance': 0,
    'min_direction': 0, 'reads': 'none', 'min_minimum_functionality': 0}


def execute(program: str, *arguments: Any) -> str:
  """Run a program of the project in a process of its own; returns what it printed.

  Raises:
    SystemExit: it failed; the message is what it printed.
  """
  command = [sys.executable, str(_PROJECT / program), *map(str, arguments)]
  process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
  if process.returncode:
    raise SystemExit(process.stdout)
  return process.stdout


def run(train_steps: Optional[int], data: 'str | os.PathLike[str]', output_dir: pathlib.Path, model: str,
        flags: Sequence[str] = (), **fields: Any) -> dict[str, float]:
  """Run the pipeline in a process of its own.

  Args:
    train_steps: most training steps; None for the model's own.
    data: reviews.
    output_dir: of the run.
    model: name of the model.
    flags: more flags.
    **fields: more values for --set.

  Returns:
    The seconds of each component that ran and of the `whole` process, and the `accuracy` on test.
  """
  steps = ['--train-steps', train_steps] if train_steps else []
  settings = [word for name, value in {**_NO_THRESHOLDS, **fields}.items() for word in ('--set', f'{name}={value}')]
  start = time.perf_counter()
  output = execute('local_runner.py', '--data', data, '--output-dir', output_dir, '--model', model, *steps, *settings,
                   *flags)
  seconds = time.perf_counter() - start
  accuracy = re.search(r'test: accuracy ([\d.]+)', output)
  assert accuracy, output
  return {**component_seconds(output), 'whole': seconds, 'accuracy': float(accuracy[1])}


def component_seconds(output: str) -> dict[str, float]:
  """Return the seconds of each component that ran, from the lines that a run prints."""
  return {line[1]: float(line[2]) for line in re.finditer(r'^  (\w+) +([\d.]+) s(?: |$)', output, re.M)}


def pushed_model(settings: report.Settings, data: 'str | os.PathLike[str]', model: str) -> pathlib.Path:
  """Return the SavedModel that a run pushed; runs the pipeline the first time."""
  output_dir = settings.directory / f'pushed-{model}'
  if not output_dir.exists():
    run(settings.train_steps, data, output_dir, model)
  return max((output_dir / 'serving' / 'sentiment').iterdir())
