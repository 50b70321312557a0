"""Stages against lower bounds of their time: what the machine needs for the one thing that a stage cannot do without.

For ImdbExampleGen, reading the source once; for Transform, tokenizing each review once with TensorFlow's string kernels
on all cores; for a training step of the cnn, its convolutions as matrix products, forwards only.
"""

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


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark; the reference is the bound."""
  path = data.write_csv(settings, with_split=True)
  source = settings.data or str(path)
  texts = [text for text, _, split in data.read_reviews(settings) if split == 'train']
  lengths = []

  def run_project(turn):
    output_dir = settings.directory / f'lower-bounds-{turn}'
    figures = pipeline_runs.run(settings, source, output_dir, 'cnn')
    properties = runs.latest_run(str(output_dir)).properties
    lengths.append(_mean_length(texts))
    return {**figures, 'step': 1000 * figures['Trainer'] / properties['last_step']}

  def run_bounds(unused_turn):
    return {
        'ImdbExampleGen': _seconds(lambda: [sum(1 for _ in readers.read(part)) for part in readers.parts(source)]),
        'Transform': _seconds(lambda: _tokenize(texts)),
        'step': 1000 * _convolution_seconds(lengths[-1])}

  project, bounds = report.alternate(run_project, run_bounds, settings.repeats)
  return [
      report.Row('lower bounds', what, project[key], bounds[key], unit) for what, key, unit in (
          ('ImdbExampleGen; the source read once', 'ImdbExampleGen', 's'),
          ('Transform; train tokenized once', 'Transform', 's'),
          ('cnn, a training step with its share of evaluation and export; its convolutions', 'step', 'ms'))]


def _seconds(function):
  start = time.perf_counter()
  function()
  return time.perf_counter() - start


def _tokenize(texts):
  """Tokenize all texts; returns the number of their words."""
  counts = tf.data.Dataset.from_tensor_slices(texts).batch(1000).map(
      lambda batch: tf.size(preprocessing.tokenize(batch).flat_values), num_parallel_calls=tf.data.AUTOTUNE)
  return sum(int(count) for count in counts)


def _mean_length(texts):
  hparams = registry.get('cnn').hparams
  return min(hparams.max_length, _tokenize(texts) // len(texts))


def _convolution_seconds(length):
  """Return the seconds of a training step's convolutions on batches of the mean length."""
  hparams = registry.get('cnn').hparams
  rows = hparams.batch_size * length
  pairs = [(tf.random.normal([rows, size * hparams.embedding_dim]),
            tf.random.normal([size * hparams.embedding_dim, hparams.filters])) for size in hparams.sizes()]
  product = tf.function(lambda: [tf.reduce_sum(tf.matmul(left, right)) for left, right in pairs])
  product()
  return _seconds(lambda: [product()[0].numpy() for _ in range(_STEPS)]) / _STEPS
