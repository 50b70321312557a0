"""Training speed against the 2018 tutorial: the same layers, reviews, batch size and length.

Both sides have the tutorial's layers and settings (5,000 words, batches of 100), at its 200 tokens and at more. This
project's side has its own input pipeline, which gives the cnn and the lstm batches of reviews of similar length. Then
the seconds of training, without evaluations, to the accuracy on held-out reviews that the tutorial published for the
cnn and the lstm; for these, this project's side has its own settings.
"""

import collections
import logging
import os
import tempfile
import time
from typing import Callable
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import numpy as np
import tensorflow as tf

from benchmarks import data
from benchmarks import report
from benchmarks import tutorial
from models import features
from models import model as model_lib
from models import registry
from models.text import preprocessing
from models.training import inputs
from models.training import job

_WARM_UP = 20  # steps before the clock starts
_LENGTHS, _STEPS = (200, 400, 800), 100
_PUBLISHED = {'cnn': 0.867, 'lstm': 0.868}
_MAX_STEPS, _EVAL_EVERY = 3_000, 100
_SPEC = {key: tf.io.FixedLenFeature([], tf.int64) for key in (features.LENGTH, features.LABEL)}
_SPEC[features.REVIEW_ID] = tf.io.FixedLenFeature([], tf.string)


class _Clock(tf.estimator.SessionRunHook):
  """Measures the steps per second after the warm-up."""

  def __init__(self, steps, warm_up):
    self._steps, self._warm_up, self._done, self._start = steps, warm_up, 0, 0.0
    self.steps_per_second = 0.0

  def after_run(self, unused_context, unused_values):
    self._done += 1
    if self._done == self._warm_up:
      self._start = time.perf_counter()
    elif self._done == self._steps + self._warm_up:
      self.steps_per_second = self._steps / (time.perf_counter() - self._start)


def _transform(reviews, vocab_size, max_length):
  """Return tokens int64 [reviews, max_length], lengths and labels int64 [reviews], as Transform computes them."""
  texts, labels = zip(*reviews)
  parts = [texts[i:i + 1000] for i in range(0, len(texts), 1000)]
  words = tf.concat([preprocessing.tokenize(tf.constant(part)) for part in parts], axis=0)
  counts = collections.Counter(words.flat_values.numpy().tolist())
  reserved = len(features.RESERVED_TOKENS)
  ids = {word: id_ for id_, (word, _) in enumerate(counts.most_common(vocab_size - reserved), reserved)}
  flat = [ids.get(word, features.OOV_ID) for word in words.flat_values.numpy().tolist()]
  tokens, lengths = preprocessing.pad_tokens(words.with_flat_values(tf.constant(flat, tf.int64)), max_length)
  return tokens.numpy(), lengths.numpy(), np.array(labels, np.int64)


def _write(path, tokens, lengths, labels):
  """Write the arrays as the Transform component does."""

  def feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value))

  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for number, (row, length, label) in enumerate(zip(tokens, lengths, labels)):
      writer.write(tf.train.Example(features=tf.train.Features(feature={
          features.TOKENS: feature(row), features.LENGTH: feature([length]), features.LABEL: feature([label]),
          features.REVIEW_ID: tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'%d' % number])),
      })).SerializeToString())


def _project_speed(name, path, max_length, steps):
  """Return the steps per second of this project's model and input pipeline."""
  model = registry.get(name, 'tutorial')
  hparams = model.hparams.replace({'max_length': max_length})
  spec = {**_SPEC, features.TOKENS: tf.io.FixedLenFeature([hparams.max_length], tf.int64)}
  with tempfile.TemporaryDirectory() as directory:
    params = model_lib.Params(hparams, hparams.vocab_size, seed=0)
    estimator = job.build_estimator(model, params, directory, steps * 2)
    bucketing = registry.get(name).hparams.bucketing
    return measure_speed(
        estimator, lambda: inputs.input_fn(path, spec, hparams.batch_size, 0, bucketing=bucketing), steps)


def _tutorial_speed(name, arrays, steps):
  """Return the steps per second of the tutorial's model and input function."""
  hparams = registry.get(name, 'tutorial').hparams
  with tempfile.TemporaryDirectory() as directory:
    estimator = tf.estimator.Estimator(tutorial.MODELS[name], directory, params={'vocab_size': hparams.vocab_size})
    return measure_speed(estimator, lambda: tutorial.input_fn(*arrays, hparams.batch_size), steps)


def measure_speed(estimator: tf.estimator.Estimator, input_fn: Callable[[], tf.data.Dataset], steps: int,
                  warm_up: int = _WARM_UP) -> float:
  """Return the training steps per second of an Estimator.

  Args:
    estimator: it must not have a checkpoint.
    input_fn: () -> batches without end.
    steps: number of steps that are measured.
    warm_up: number of steps before the clock starts.
  """
  clock = _Clock(steps, warm_up)
  estimator.train(input_fn, hooks=[clock], steps=steps + warm_up)
  return clock.steps_per_second


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  logging.disable(logging.WARNING)
  warnings.simplefilter('ignore')
  # Without repetitions: held-out reviews must not be trained on.
  reviews = list(dict.fromkeys((text, label) for text, label, split in data.read_reviews(settings) if split == 'train'))
  rows, steps = [], min(settings.train_steps or _STEPS, _STEPS)
  with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, 'examples.gz')
    for max_length in _LENGTHS:
      arrays = _transform(reviews, registry.get('cnn', 'tutorial').hparams.vocab_size, max_length)
      _write(path, *arrays)
      for name in tutorial.MODELS:
        project, reference = report.alternate(
            lambda unused_turn, name=name, length=max_length: {'speed': _project_speed(name, path, length, steps)},
            lambda unused_turn, name=name, arrays=arrays: {'speed': _tutorial_speed(name, arrays, steps)},
            settings.repeats)
        rows.append(report.Row(
            'training', f'{name}, {max_length} tokens', project['speed'], reference['speed'], 'steps/s', 'higher'))
  for name, target in _PUBLISHED.items():
    project, reference = report.alternate(
        lambda unused_turn, name=name, target=target: _train_to_accuracy(name, 'default', reviews, target, settings),
        lambda unused_turn, name=name, target=target: _train_to_accuracy(name, 'tutorial', reviews, target, settings),
        settings.repeats)
    rows.append(report.Row(
        'training', f'{name} to {target} on eval', project['seconds'], reference['seconds'], 's',
        remark=f'reached: this project {project["accuracy"]:.3f}, the tutorial {reference["accuracy"]:.3f}'))
  return rows


def _train_to_accuracy(name, preset, reviews, target, settings):
  """Train on nine tenths of the reviews until the accuracy on the others is at least `target`."""
  model = registry.get(name, preset)
  hparams, held_out = model.hparams, len(reviews) // 10
  arrays = _transform(reviews, hparams.vocab_size, hparams.max_length)
  spec = {**_SPEC, features.TOKENS: tf.io.FixedLenFeature([hparams.max_length], tf.int64)}
  seconds = best = done = 0
  max_steps = settings.train_steps or _MAX_STEPS
  with tempfile.TemporaryDirectory() as directory:
    paths = [os.path.join(directory, split) for split in ('eval', 'train')]
    for path, rows in zip(paths, (slice(held_out), slice(held_out, None))):
      _write(path, *(array[rows] for array in arrays))
    if preset == 'tutorial':
      estimator = tf.estimator.Estimator(
          tutorial.MODELS[name], os.path.join(directory, 'run'), params={'vocab_size': hparams.vocab_size})
      train = lambda skip: tutorial.input_fn(*(array[held_out:] for array in arrays), hparams.batch_size)
      test = lambda: tutorial.input_fn(*(array[:held_out] for array in arrays), held_out).take(1)
    else:
      params = model_lib.Params(hparams, hparams.vocab_size, seed=0)
      estimator = job.build_estimator(model, params, os.path.join(directory, 'run'), max_steps)
      train = lambda skip: inputs.input_fn(paths[1], spec, hparams.batch_size, 0, skip, bucketing=hparams.bucketing)
      test = lambda: inputs.input_fn(paths[0], spec, hparams.batch_size)
    while best < target and done < max_steps:
      start = time.perf_counter()
      estimator.train(lambda: train(done), steps=min(_EVAL_EVERY, max_steps - done))
      seconds, done = seconds + time.perf_counter() - start, done + _EVAL_EVERY
      best = max(best, float(estimator.evaluate(test)['accuracy']))
  return {'seconds': seconds, 'accuracy': best}
