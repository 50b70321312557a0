"""Runs the pipeline as a user does, from a copy of the project that a test may edit, and reads what it did."""

import os
import pathlib
import shutil
import subprocess
import sys

from pipeline import layout
from tests import forks
from tests import slow

PROJECT = pathlib.Path(__file__).resolve().parents[2]
COMPONENTS = (
    'ImdbExampleGen', 'ImportSchemaGen', 'StatisticsGen', 'ExampleValidator', 'PreviousStatistics', 'DataGate',
    'Transform', 'Trainer', 'BehaviourValidator', 'Baseline', 'Evaluator', 'ServingValidator', 'ModelCardGen', 'Pusher',
    'ReportGen')
RESOLVERS = ('PreviousStatistics',)


def copy_project(destination):
  """Copy the code, to be edited and run there."""
  destination.mkdir(parents=True)
  for name in layout.PACKAGES:
    shutil.copytree(PROJECT / name, destination / name, ignore=shutil.ignore_patterns('__pycache__'))
  for name in ('local_runner.py', 'predict.py'):
    shutil.copy(PROJECT / name, destination / name)
  return destination


def run(project, *arguments, cwd=None, check=0, anew=False):
  """Run local_runner.py in a process of its own, with `anew` in an interpreter of its own; returns what it printed.

  The exit code must be `check`; None allows for a model that is not blessed.
  """
  slow.refuse('a pipeline run')
  python = sys.executable if anew else forks.interpreter().executable
  environment = {key: value for key, value in os.environ.items()
                 if key not in ('IMDB_DATA', 'PYTHONPATH', 'PYTEST_CURRENT_TEST')}
  done = subprocess.run(
      [python, str(project / 'local_runner.py'), *map(str, arguments)], cwd=cwd or project, env=environment,
      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
  assert done.returncode in ((0, 3) if check is None else (check,)), done.stdout
  assert 'Traceback' not in done.stdout
  return done.stdout


def executed(output):
  """The components that ran, by the lines they got: neither cached nor resolved."""
  lines = [line.split() for line in output.splitlines() if line[:2] == '  ' and line.strip()]
  states = {words[0]: words[1] for words in lines if words[0] in COMPONENTS + ('WordVectors', 'Tuner')}
  return [name for name, state in states.items() if state not in ('cached', 'resolved')]


def predict(model_dir, *texts, cwd):
  """Scores of predict.py, run where none of our code can be imported."""
  process = subprocess.run(
      [forks.interpreter().executable, '-I', str(PROJECT / 'predict.py'), '--model-dir', str(model_dir), *texts],
      cwd=cwd, capture_output=True, text=True, timeout=120, check=True)
  return [float(line.split()[0]) for line in process.stdout.splitlines()]
