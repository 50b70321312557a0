"""SIGKILL at random moments of a run: the next one goes on, and ends with the figures of an undisturbed one.

Takes a quarter of an hour, so it runs only when asked for: make test ARGS="-m kill -n 0 -s"
"""

import collections
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from components.imdb_example_gen import sample
from pipeline import facts
from pipeline import metadata
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.kill
_KILLS = 24
_FLAGS = ('--train-steps', 120, '--set', 'cnn.eval_every=20', '--set', 'cnn.batch_size=50', '--set',
          'cnn.learning_rate=0.005', '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5', '--set', 'min_invariance=0',
          '--set', 'min_direction=0', '--set', 'min_negation=0', '--set', 'min_minimum_functionality=0')


def _start(reviews, output_dir):
  command = [sys.executable, pipeline_runs.PROJECT / 'local_runner.py', '--data', reviews, '--output-dir', output_dir]
  return subprocess.Popen(
      [str(word) for word in (*command, *_FLAGS)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT, text=True, start_new_session=True)


def _figures(output_dir):
  """The metrics of every slice, and the pushed model's scores of two texts; TFMA adds up in any order."""
  store = metadata.Store(str(output_dir))
  found = facts.validation(store.latest('Evaluator'))
  scores = pipeline_runs.predict(
      output_dir / 'serving' / 'sentiment', 'I really liked the plot!', 'What a waste of time.', cwd=output_dir)
  metrics = {f'{key} {name}': value for key, part in found.slices.items() for name, value in part.metrics.items()}
  return pytest.approx({**metrics, **dict(enumerate(scores))}, abs=1e-6, nan_ok=True)


def _running(output_dir):
  """The component that was at work when the run was killed; between two of them, or before the first: 'none'."""
  if not (output_dir / 'metadata.db').exists():
    return 'none'
  return metadata.Store(str(output_dir)).running() or 'none'


def test_killed_runs_go_on_and_end_as_an_undisturbed_one(tmp_path):
  reviews = tmp_path / 'reviews.jsonl.gz'
  sample.write(str(reviews), 600)
  start = time.monotonic()
  undisturbed = _start(reviews, tmp_path / 'undisturbed')
  assert undisturbed.wait() == 0, undisturbed.stdout.read()
  seconds = time.monotonic() - start
  expected = _figures(tmp_path / 'undisturbed')
  source, killed = random.Random(0), collections.Counter()
  for attempt in range(100):
    output_dir = tmp_path / f'killed-{attempt}'
    while (process := _start(reviews, output_dir)).poll() is None:
      try:
        process.wait(source.uniform(0.1 * seconds, 0.9 * seconds) if killed.total() < _KILLS else None)
      except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        killed[_running(output_dir)] += 1
        continue
      break
    assert process.returncode == 0, process.stdout.read()
    assert _figures(output_dir).expected == expected
    assert len(list((output_dir / 'serving' / 'sentiment').glob('[0-9]*'))) == 1
    if killed.total() >= _KILLS:
      break
  print(f'\n{killed.total()} kills, all recovered from, while these were at work: {dict(killed)}')
  assert killed.total() >= _KILLS
