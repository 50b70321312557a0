"""SIGKILL at random moments of every component: the next run resumes, and ends with the figures of an undisturbed one.

Takes some minutes, so it runs only when asked for: make test ARGS="-m kill -n 0 -s"
"""

import collections
import multiprocessing
import os
import random
import re
import signal
import sys
import time

import pytest

from components.evaluator import progress_line as evaluator_progress_line
import local_runner
import pipeline.local.run  # noqa: F401  # imports TFX once, for all runs
from pipeline.results import metadata
from pipeline.sources import sample_data
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.kill
_KILLS, _SEED = 24, 0
_COMPONENTS = [name for name in pipeline_runs.COMPONENTS if name not in pipeline_runs.RESOLVERS]
_FLAGS = ('--model', 'cnn', '--train-steps', '120', '--set', 'cnn.eval_every=20', '--set', 'cnn.batch_size=50', '--set',
          'cnn.learning_rate=0.01', '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5', '--set', 'min_invariance=0',
          '--set', 'min_direction=0', '--set', 'reads=none', '--set', 'min_minimum_functionality=0')


class _Run:
  """A run in a process group of its own; forked, because the import of TFX takes longer than what is killed."""

  def __init__(self, reviews, output_dir):
    self.output_dir, self._previous_logs = output_dir, set(output_dir.glob('logs/*'))
    self._arguments = ['--data', str(reviews), '--output-dir', str(output_dir), *_FLAGS]
    self.process = multiprocessing.get_context('fork').Process(target=self._main)
    self.process.start()

  def _main(self):
    os.setsid()
    with open(f'{self.output_dir}.shown', 'w', encoding='utf-8') as file:
      for stream in (1, 2):
        os.dup2(file.fileno(), stream)
    sys.stdout, sys.stderr = open(1, 'w', closefd=False), open(2, 'w', closefd=False)
    sys.exit(local_runner.main(self._arguments))

  def finish(self):
    """Wait for the end, which must be a pushed model; returns what was shown."""
    self.process.join()
    with open(f'{self.output_dir}.shown', encoding='utf-8') as file:
      shown = file.read()
    assert self.process.exitcode == 0, shown
    return shown

  def running_component(self):
    """The running component according to the log; 'none' before the first, after the last and in between."""
    for log in set(self.output_dir.glob('logs/*')) - self._previous_logs:
      for component, state in reversed(re.findall(r'Component (\w+) is (running|finished)', log.read_text('utf-8'))):
        return component if state == 'running' else 'none'
    return 'none'

  def kill_in(self, component, seconds):
    """Kill the run so many seconds after a component's start; returns the component that was hit, or None."""
    while self.running_component() != component and self.process.is_alive():
      time.sleep(0.003)
    self.process.join(seconds)
    if not self.process.is_alive():
      return None
    os.killpg(self.process.pid, signal.SIGKILL)
    self.process.join()
    return self.running_component()


def _figures(output_dir):
  """The metrics of every slice, and the pushed model's scores of two texts; approximate, as TFMA sums in any order."""
  store = metadata.Store(str(output_dir))
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  scores = pipeline_runs.predict(
      output_dir / 'serving' / 'sentiment', 'I really liked the plot!', 'What a waste of time.', cwd=output_dir)
  metrics = {f'{key} {name}': value for key, part in found.slices.items() for name, value in part.metrics.items()}
  return pytest.approx({**metrics, **dict(enumerate(scores))}, abs=1e-6, nan_ok=True)


def test_runs_killed_in_each_component_end_as_an_undisturbed_one(tmp_path):
  reviews = tmp_path / 'reviews.jsonl.gz'
  sample_data.write_sample(str(reviews), 600)
  start, undisturbed = time.monotonic(), tmp_path / 'undisturbed'
  seconds = {name: float(number) for name, number in re.findall(
      r'^  (\w+) +([\d.]+) s ', _Run(reviews, undisturbed).finish(), re.MULTILINE)}
  assert sorted(seconds) == sorted(_COMPONENTS)
  source, killed, ended = random.Random(_SEED), collections.Counter(), []
  while (missing := [name for name in seconds if not killed[name]]) or killed.total() < _KILLS:
    assert len(ended) < 10, f'never killed: {missing}'
    ended.append(tmp_path / f'killed-{len(ended)}')
    for component in seconds if killed.total() < _KILLS else missing:
      delay = source.uniform(0, seconds[component])
      hit = _Run(reviews, ended[-1]).kill_in(component, delay)
      print(f'{component} + {delay:.2f} s: killed in {hit}', flush=True)
      if hit:
        killed[hit] += 1
    _Run(reviews, ended[-1]).finish()
  expected = _figures(undisturbed)  # only now: TensorFlow, once at work, is not to be forked
  for output_dir in ended:
    assert _figures(output_dir).expected == expected
    assert len(list((output_dir / 'serving' / 'sentiment').glob('[0-9]*'))) == 1
  print(f'{killed.total()} kills in {time.monotonic() - start:.0f} s (seed {_SEED}), all recovered from, while these '
        f'were running: {dict(killed)}')
