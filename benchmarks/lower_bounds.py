"""Compares stages with lower bounds of their time: the time of the one operation that a stage cannot do without.

For ImdbExampleGen, reading the source once; for Transform, tokenising each review once with TensorFlow's string kernels
on all cores; for a training step of the cnn, its convolution as matrix products, forward only.
"""

import functools
import time

import tensorflow as tf

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report
from components.imdb_example_gen import readers
from models import registry
from models.text import preprocessing
from pipeline.results import runs

_STEPS = 20


def measure(settings):
  """The rows of this piece: `theirs` is the lower bound."""
  path = data.csv_file(settings, with_split=True)
  source = settings.data or str(path)
  texts = [text for text, _, split in data.reviews(settings) if split == 'train']
  lengths = []

  def ours(turn):
    output_dir = settings.directory / f'lower-bounds-{turn}'
    found = pipeline_runs.run(settings, source, output_dir, 'cnn')
    properties = runs.latest_run(str(output_dir)).properties
    lengths.append(_mean_length(texts))
    return {**found, 'step': 1000 * found['Trainer'] / properties['last_step']}

  def measure_bound(unused_turn):
    return {'ImdbExampleGen': _timed(lambda: [sum(1 for _ in readers.read(part)) for part in readers.parts(source)]),
            'Transform': _timed(lambda: _tokenize(texts)),
            'step': 1000 * _matrix_products(lengths[-1])}

  mine, least = report.alternate(ours, measure_bound, settings.repeats)
  row = functools.partial(report.Row, 'lower_bounds')
  return [row('ImdbExampleGen, the source read once', mine['ImdbExampleGen'], least['ImdbExampleGen'], 's'),
          row('Transform, train tokenised once', mine['Transform'], least['Transform'], 's'),
          row('cnn, a training step with its share of evaluation and export', mine['step'], least['step'], 'ms')]


def _timed(function):
  start = time.perf_counter()
  function()
  return time.perf_counter() - start


def _tokenize(texts):
  """Tokenises all texts; returns their words."""
  counts = tf.data.Dataset.from_tensor_slices(texts).batch(1000).map(
      lambda batch: tf.size(preprocessing.tokenize(batch).flat_values), num_parallel_calls=tf.data.AUTOTUNE)
  return sum(int(count) for count in counts)


def _mean_length(texts):
  hparams = registry.get('cnn').hparams
  return min(hparams.max_length, _tokenize(texts) // len(texts))


def _matrix_products(length):
  """Seconds of a training step's convolutions on batches of the mean length."""
  hparams = registry.get('cnn').hparams
  rows = hparams.batch_size * length
  pairs = [(tf.random.normal([rows, size * hparams.embedding_dim]),
            tf.random.normal([size * hparams.embedding_dim, hparams.filters])) for size in hparams.sizes()]
  product = tf.function(lambda: [tf.reduce_sum(tf.matmul(left, right)) for left, right in pairs])
  product()
  return _timed(lambda: [product()[0].numpy() for _ in range(_STEPS)]) / _STEPS
