"""Training speed of our models against the 2018 tutorial's, side by side: the same layers, reviews, batch and length.

  .venv/bin/python -m benchmarks.training [--data PATH] [--models cnn,lstm] [--max-lengths 200,400,800]

Both sides have the tutorial's layers and settings (5,000 words, batches of 100), at its 200 tokens and at longer ones;
ours keeps its own input pipeline, for the cnn and the lstm with batches of reviews of one length. The sides take turns;
medians and their ratio are printed. Without --data, sample data. As a piece of `python -m benchmarks` it also
measures the seconds of training, evaluations left out, to the accuracy on held-out reviews that the tutorial published
for the cnn and the lstm, ours with our settings.
"""

import argparse
import collections
import itertools
import logging
import os
import statistics
import tempfile
import time
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import numpy as np
import tensorflow as tf

from benchmarks import data
from benchmarks import report
from benchmarks import tutorial
from components.imdb_example_gen import readers
from models import features
from models import model as model_lib
from models import registry
from models.text import preprocessing
from models.training import inputs
from models.training import job
from pipeline.sources import sample_data

_WARM_UP = 20  # steps before the clock starts
_LENGTHS, _STEPS = (200, 800), 100
_PUBLISHED = {'cnn': 0.867, 'lstm': 0.868}
_MOST_STEPS, _EVAL_EVERY = 3_000, 100
_SPEC = {key: tf.io.FixedLenFeature([], tf.int64) for key in (features.LENGTH, features.LABEL)}
_SPEC[features.REVIEW_ID] = tf.io.FixedLenFeature([], tf.string)


class _Clock(tf.estimator.SessionRunHook):
  """Steps per second after the warm-up."""

  def __init__(self, steps):
    self._steps, self._done, self._start = steps, 0, 0.0
    self.steps_per_second = 0.0

  def after_run(self, unused_context, unused_values):
    self._done += 1
    if self._done == _WARM_UP:
      self._start = time.perf_counter()
    elif self._done == self._steps + _WARM_UP:
      self.steps_per_second = self._steps / (time.perf_counter() - self._start)


def _reviews(path, count):
  if path is None:
    return list(sample_data.generate_reviews(count))
  found = itertools.chain.from_iterable(readers.read(part) for part in readers.parts(path))
  return [(review.text, review.label) for review in found if review.split in (None, 'train')][:count]


def _arrays(reviews, vocab_size, max_length):
  """Tokens int64 [reviews, max_length], lengths and labels int64 [reviews], by the Transform graph's own functions."""
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
  """The arrays as the Transform component would write them."""
  feature = lambda value: tf.train.Feature(int64_list=tf.train.Int64List(value=value))
  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for number, (row, length, label) in enumerate(zip(tokens, lengths, labels)):
      writer.write(tf.train.Example(features=tf.train.Features(feature={
          features.TOKENS: feature(row), features.LENGTH: feature([length]), features.LABEL: feature([label]),
          features.REVIEW_ID: tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'%d' % number])),
      })).SerializeToString())


def _ours(name, path, max_length, steps):
  model = registry.get(name, 'tutorial')
  hparams = model.hparams.replace({'max_length': max_length})
  spec = {**_SPEC, features.TOKENS: tf.io.FixedLenFeature([hparams.max_length], tf.int64)}
  with tempfile.TemporaryDirectory() as directory:
    params = model_lib.Params(hparams, hparams.vocab_size, seed=0)
    estimator = job.build_estimator(model, params, directory, steps * 2)
    bucketing = registry.get(name).hparams.bucketing
    return _timed(estimator, lambda: inputs.input_fn(path, spec, hparams.batch_size, 0, bucketing=bucketing), steps)


def _theirs(name, arrays, steps):
  hparams = registry.get(name, 'tutorial').hparams
  with tempfile.TemporaryDirectory() as directory:
    estimator = tf.estimator.Estimator(tutorial.MODELS[name], directory, params={'vocab_size': hparams.vocab_size})
    return _timed(estimator, lambda: tutorial.input_fn(*arrays, hparams.batch_size), steps)


def _timed(estimator, input_fn, steps):
  clock = _Clock(steps)
  estimator.train(input_fn, hooks=[clock], steps=steps + _WARM_UP)
  return clock.steps_per_second


def measure(settings):
  """The rows of this piece."""
  logging.disable(logging.WARNING)
  warnings.simplefilter('ignore')
  # Each once: what is held out must not be trained on.
  reviews = list(dict.fromkeys((text, label) for text, label, split in data.reviews(settings) if split == 'train'))
  rows, steps = [], min(settings.train_steps or _STEPS, _STEPS)
  with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, 'examples.gz')
    for max_length in _LENGTHS:
      arrays = _arrays(reviews, registry.get('cnn', 'tutorial').hparams.vocab_size, max_length)
      _write(path, *arrays)
      for name in tutorial.MODELS:
        ours, theirs = report.alternate(
            lambda unused_turn, name=name, length=max_length: {'speed': _ours(name, path, length, steps)},
            lambda unused_turn, name=name, arrays=arrays: {'speed': _theirs(name, arrays, steps)}, settings.repeats)
        rows.append(report.Row('training', f'{name}, {max_length} tokens', 100 * ours['speed'], 100 * theirs['speed'],
                               'reviews/s', 'higher'))
  for name, target in _PUBLISHED.items():
    ours, theirs = report.alternate(
        lambda unused_turn, name=name, target=target: _to_accuracy(name, 'default', reviews, target, settings),
        lambda unused_turn, name=name, target=target: _to_accuracy(name, 'tutorial', reviews, target, settings),
        settings.repeats)
    rows.append(report.Row('training', f'{name} to {target} on eval', ours['seconds'], theirs['seconds'], 's', remark=(
        f'reached: ours {ours["accuracy"]:.3f}, theirs {theirs["accuracy"]:.3f}')))
  return rows


def _to_accuracy(name, preset, reviews, target, settings):
  """Trains on nine tenths of the reviews until the others are scored as well as that; seconds and accuracy."""
  model = registry.get(name, preset)
  hparams, held_out = model.hparams, len(reviews) // 10
  arrays = _arrays(reviews, hparams.vocab_size, hparams.max_length)
  spec = {**_SPEC, features.TOKENS: tf.io.FixedLenFeature([hparams.max_length], tf.int64)}
  seconds = best = done = 0
  most = settings.train_steps or _MOST_STEPS
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
      estimator = job.build_estimator(model, params, os.path.join(directory, 'run'), most)
      train = lambda skip: inputs.input_fn(paths[1], spec, hparams.batch_size, 0, skip, bucketing=hparams.bucketing)
      test = lambda: inputs.input_fn(paths[0], spec, hparams.batch_size)
    while best < target and done < most:
      start = time.perf_counter()
      estimator.train(lambda: train(done), steps=min(_EVAL_EVERY, most - done))
      seconds, done = seconds + time.perf_counter() - start, done + _EVAL_EVERY
      best = max(best, float(estimator.evaluate(test)['accuracy']))
  return {'seconds': seconds, 'accuracy': best}


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--data', help='reviews, as local_runner.py takes them')
  parser.add_argument('--reviews', type=int, default=25_000)
  parser.add_argument('--models', default=','.join(tutorial.MODELS), help='(default: all of the tutorial\'s)')
  parser.add_argument('--max-lengths', default='200,400,800', help='tokens kept of a review')
  parser.add_argument('--steps', type=int, default=100)
  parser.add_argument('--repeats', type=int, default=3)
  arguments = parser.parse_args()
  logging.disable(logging.WARNING)
  warnings.simplefilter('ignore')
  reviews = _reviews(arguments.data, arguments.reviews)
  print(f'{len(reviews):,} reviews; TensorFlow {tf.__version__}, {os.cpu_count()} cores')
  for max_length in map(int, arguments.max_lengths.split(',')):
    arrays = _arrays(reviews, registry.get('cnn', 'tutorial').hparams.vocab_size, max_length)
    print(f'at most {max_length} tokens of a review, {arrays[1].mean():.0f} on average')
    with tempfile.TemporaryDirectory() as directory:
      path = os.path.join(directory, 'examples.gz')
      _write(path, *arrays)
      for name in arguments.models.split(','):
        pairs = [(_theirs(name, arrays, arguments.steps), _ours(name, path, max_length, arguments.steps))
                 for _ in range(arguments.repeats)]
        theirs, ours = (statistics.median(column) for column in zip(*pairs))
        print(f'  {name:6} steps/s: tutorial {theirs:.1f}, ours {ours:.1f}, ratio {ours / theirs:.2f}')


if __name__ == '__main__':
  main()
