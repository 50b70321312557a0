"""The vocabulary of train, counted in Arrow tables: tft.vocabulary hands Beam an element for each word of a batch."""

import os
import uuid

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam.experimental as tft_beam_experimental

from models.text import counts
from models import features


def learn(words, size):
  """Writes the asset features.VOCABULARY: a word a line, the reserved tokens first, then the most frequent of train.

  Args:
    words: string [words], those of a batch.
    size: lines at most.

  Returns:
    The asset's path, a string scalar, as tft.apply_vocabulary takes it. Equally frequent words are in reverse order.
  """
  distinct, _, times = tf.unique_with_counts(words, tf.int64)
  path, = tft.experimental.ptransform_analyzer(
      [distinct, times], _Learn(size), output_dtypes=[tf.string], output_shapes=[[]],
      output_asset_default_values=['\n'.join(features.RESERVED_TOKENS).encode()], name=features.VOCABULARY)
  return path


class _Learn(tft_beam_experimental.PTransformAnalyzer):
  """(distinct words, how often) per batch -> path of the asset."""

  def __init__(self, size):
    super().__init__()
    self._size = size

  def expand(self, pcoll):  # pylint: disable=arguments-renamed
    path = os.path.join(self.base_temp_dir, uuid.uuid4().hex, features.VOCABULARY)
    return pcoll | 'Count' >> beam.CombineGlobally(Counter()) | 'Write' >> beam.Map(_write, path, self._size)


class Counter(beam.CombineFn):
  """(distinct words, how often) of each batch -> Arrow table of `word` and `times`."""

  def create_accumulator(self):
    return []

  def add_input(self, accumulator, batch):  # pylint: disable=arguments-renamed
    words, times = batch
    accumulator.append(pa.table({'word': pa.array(words, pa.binary()), 'times': times}))
    return counts.add_up(accumulator)

  def merge_accumulators(self, accumulators):
    return counts.add_up([table for tables in accumulators for table in tables])

  def extract_output(self, accumulator):
    empty = pa.table({'word': pa.array([], pa.binary()), 'times': pa.array([], pa.int64())})
    return counts.add_up([empty, *accumulator], at_once=True)[0]


def _write(counted, path, size):
  """Writes the asset; returns its path."""
  frequent = counted.sort_by([('times', 'descending'), ('word', 'descending')])['word'].to_pylist()
  words = [token.encode() for token in features.RESERVED_TOKENS] + frequent
  tf.io.gfile.makedirs(os.path.dirname(path))
  with tf.io.gfile.GFile(path, 'wb') as file:
    file.write(b'\n'.join(words[:size]) + b'\n')
  return np.array(path.encode())
