"""Runs of our pipeline, as a user starts them."""

import pathlib
import re
import subprocess
import sys
import time

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
# Models trained on sample data or on few reviews need not meet the thresholds of the gate.
_NO_THRESHOLDS = {
    'min_accuracy': 0, 'min_auc': 0, 'min_slice_accuracy': 'none', 'max_accuracy_drop': 'none', 'min_invariance': 0,
    'min_direction': 0, 'min_negation': 0, 'min_minimum_functionality': 0}


def stages(output):
  """Seconds by component, from the lines that a run prints."""
  return {found[1]: float(found[2]) for found in re.finditer(r'^  (\w+) +([\d.]+) s(?: |$)', output, re.M)}


def run(settings, data, output_dir, model, **fields):
  """Runs the pipeline; returns the seconds of each component that ran and of the `whole` process, and the accuracy."""
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
  accuracy = float(re.search(r'test: accuracy ([\d.]+)', process.stdout)[1])
  return {**stages(process.stdout), 'whole': seconds, 'accuracy': accuracy}


def pushed(settings, data, model):
  """The SavedModel of a run, which is made where there is none yet."""
  output_dir = settings.directory / f'pushed-{model}'
  if not output_dir.exists():
    run(settings, data, output_dir, model)
  return max((output_dir / 'serving' / 'sentiment').iterdir())
