"""Ctrl-C in different components: one line, exit code 130, and the same command goes on."""

import os
import signal
import subprocess
import sys

from components.imdb_example_gen import sample
from tests.e2e import pipeline_runs

_FLAGS = ('--model', 'bow_sparse', '--train-steps', '40', '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5')


def _interrupt(command, after):
  """Starts a run, and interrupts it, with all its processes, as soon as it says that a component has finished."""
  process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, start_new_session=True)
  while process.stdout.readline().split()[:1] != [after]:
    assert process.poll() is None, process.stderr.read()
  os.killpg(process.pid, signal.SIGINT)
  _, errors = process.communicate(timeout=60)
  return process.returncode, errors


def test_an_interrupted_run_says_so_in_one_line_and_goes_on(tmp_path):
  sample.write(str(tmp_path / 'reviews.jsonl.gz'), 400)
  flags = ('--data', tmp_path / 'reviews.jsonl.gz', '--output-dir', tmp_path / 'output', *_FLAGS)
  command = [sys.executable, *map(str, (pipeline_runs.PROJECT / 'local_runner.py', *flags))]
  for component in ('ImdbExampleGen', 'DataGate', 'Transform', 'Trainer'):
    code, errors = _interrupt(command, component)
    assert code == 130, errors
    assert errors == 'interrupted: the finished components are kept, run the same command again to go on\n'
  output = pipeline_runs.run(pipeline_runs.PROJECT, *flags, check=None)
  assert not {'ImdbExampleGen', 'Transform', 'Trainer'} & set(pipeline_runs.executed(output))
