"""models.training.distributed in four processes on this machine: chief, worker, parameter server and evaluator."""

import json
import os
import pathlib
import subprocess
import sys
import time
import types

import pytest
import tensorflow as tf

from models import features
from models.training import loop
from models.training import run_fn
from pipeline.engines import processes as processes_lib
from pipeline.sources import sample_data
from tests import forks
from tests import transforming

pytestmark = pytest.mark.slow

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_SETTINGS = ('train_steps=400', 'eval_every=100', 'filters=32', 'hidden=32', 'batch_size=50', 'max_length=60',
             'learning_rate=0.003')
# A process reads the number of steps before its own update: on a busy machine, it was seen to make two after the last.
LAST_STEPS = range(400, 405)
ROLES = ('ps', 'chief', 'worker', 'evaluator')


def _cluster():
  """Return {role: ['127.0.0.1:PORT']} with free ports."""
  return {role: [f'127.0.0.1:{processes_lib.free_port()}'] for role in ROLES[:3]}


class Training:
  """A training in a directory, on the examples and the Transform graph of another directory."""

  def __init__(self, directory, data):
    self.model = directory / 'model'
    self._directory, self._data = directory, data
    directory.mkdir()

  def start(self, name, config=None, prefix=None):
    """Start a process, whose output goes to NAME.log; `prefix` is a command that runs a Python of its own."""
    environment = {key: value for key, value in os.environ.items() if key != 'TF_CONFIG'}
    if config:
      environment['TF_CONFIG'] = json.dumps(config)
    python = [*prefix, sys.executable] if prefix else [forks.interpreter().executable]
    command = [*python, '-m', 'models.training.distributed', '--model', 'cnn',
               '--transform-graph', self._data / 'graph', '--examples', self._data,
               '--model-dir', self._directory / 'run', '--export', self.model]
    command += [word for setting in _SETTINGS for word in ('--set', setting)]
    with (self._directory / f'{name}.log').open('ab') as output:
      return subprocess.Popen([str(word) for word in command], env=environment, cwd=_PROJECT, stdout=output,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

  def log(self, name):
    return (self._directory / f'{name}.log').read_text()

  def checkpoints(self):
    return list(self._directory.glob('unfinished-*/model.ckpt-[1-9]*.index'))

  def result(self):
    return json.loads((self._directory / 'run' / run_fn.RESULT_FILE).read_text())


def accuracy(model, reviews):
  """The share of reviews that a model gets right."""
  score = tf.saved_model.load(str(model)).signatures[features.TEXT_SIGNATURE]
  texts, labels = zip(*reviews)
  scores = score(text=tf.constant(texts))[features.SCORES].numpy().ravel()
  return ((scores > 0.5) == labels).mean()


def write_data(directory):
  """Write examples and a Transform graph; returns other reviews, with labels."""
  reviews = list(sample_data.generate_reviews(2_600, seed=4))
  train, evaluated, held_out = reviews[:1_200], reviews[1_200:1_600], reviews[1_600:]
  texts, labels = zip(*train, *evaluated)
  rows, output = transforming.transform(
      [text.encode() for text in texts], directory, vocab_size=1_000, max_length=60, labels=labels)
  for split, part in ((features.TRAIN, rows[:len(train)]), (features.EVAL, rows[len(train):])):
    (directory / f'Split-{split}').mkdir()
    transforming.write(part, output, directory / f'Split-{split}' / 'examples.gz')
  return held_out


def train_together(training, cluster, prefixes=None):
  """Train in four processes, and kill the worker and start it again after the first checkpoint."""
  prefixes = prefixes or {}
  start = lambda role: training.start(
      role, {'cluster': cluster, 'task': {'type': role, 'index': 0}}, prefixes.get(role))
  processes = {role: start(role) for role in ROLES}
  try:
    while not training.checkpoints():
      assert processes['chief'].poll() is None, training.log('chief')
      time.sleep(0.2)
    processes['worker'].kill()
    processes['worker'].wait()
    processes['worker'] = start('worker')
    for role in ('chief', 'worker', 'evaluator'):
      assert processes[role].wait(300) == 0, training.log(role)
  finally:
    for process in processes.values():
      process.kill()
      process.wait()
  assert [role for role in ROLES if 'exported step' in training.log(role)] == ['chief']


def test_four_processes_train_one_model_despite_a_killed_worker(tmp_path):
  held_out = write_data(tmp_path)
  alone = Training(tmp_path / 'alone', tmp_path)
  assert alone.start('chief').wait(300) == 0, alone.log('chief')

  together = Training(tmp_path / 'together', tmp_path)
  train_together(together, _cluster())
  assert alone.result()['last_step'] == 400 and together.result()['last_step'] in LAST_STEPS
  found = accuracy(alone.model, held_out)
  assert found > 0.8 and abs(accuracy(together.model, held_out) - found) <= 0.03  # of 1,000 texts


def test_a_cluster_without_an_evaluator_is_an_error(monkeypatch):
  monkeypatch.setattr(loop, '_EVALUATOR_TIMEOUT_S', 0)
  chief = types.SimpleNamespace(model_dir='a/run', latest_checkpoint=lambda: 'a/run/model.ckpt-300')
  with pytest.raises(ValueError, match='a/run: step 300 was not evaluated within 0 s: start an evaluator process'):
    loop._wait_for_evaluator(chief, types.SimpleNamespace(state={'last_step': 200}), train_steps=400)
