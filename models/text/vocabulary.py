"""The vocabulary of train, counted in Arrow tables: tft.vocabulary makes a Beam element of each word of a batch."""

import os
from typing import Iterable, Optional, Sequence
import uuid

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam.experimental as tft_beam_experimental

from models import features
from models.text import counts
from models.text import negation

_Accumulator = Sequence[pa.Table]


def learn(words: tf.Tensor, size: int, is_approximate: bool = False) -> tf.Tensor:
  """Write the asset features.VOCABULARY: one word per line, first the reserved tokens, then the most frequent words.

  Args:
    words: string [words], the words of a batch.
    size: maximum number of lines.
    is_approximate: whether the count forgets rare words, so that its memory is bounded; see models.text.counts.

  Returns:
    The path of the asset, string scalar, as tft.apply_vocabulary takes it. Equally frequent words are in descending
    order, as tft.vocabulary has them.
  """
  distinct, _, times = tf.unique_with_counts(words, tf.int64)
  path, = tft.experimental.ptransform_analyzer(
      [distinct, times], _Learn(size, is_approximate), output_dtypes=[tf.string], output_shapes=[[]],
      output_asset_default_values=['\n'.join(features.RESERVED_TOKENS).encode()], name=features.VOCABULARY)
  return path


def look_up(words: tf.Tensor, path: tf.Tensor, has_marks: bool = False) -> tf.Tensor:
  """Return the ids of words.

  Args:
    words: string [n].
    path: of the asset, as `learn` returns it.
    has_marks: whether the words may have NOT_ marks; a marked word that is unknown has the id of the plain word.

  Returns:
    int64 [n]; features.OOV_ID for unknown words.
  """
  ids = tft.apply_vocabulary(words, path, default_value=features.OOV_ID)
  if not has_marks:
    return ids
  unknown = tf.where(tf.equal(ids, features.OOV_ID))
  plain = negation.unmark(tf.gather_nd(words, unknown))
  return tf.tensor_scatter_nd_update(
      ids, unknown, tft.apply_vocabulary(plain, path, default_value=features.OOV_ID))


class _Learn(tft_beam_experimental.PTransformAnalyzer):
  """Turns (distinct words, their counts) of each batch into the path of the asset."""

  def __init__(self, size: int, is_approximate: bool):
    super().__init__()
    self._size, self._limit = size, counts.APPROXIMATION * size if is_approximate else None

  def expand(self, pcoll):  # pylint: disable=arguments-renamed
    path = os.path.join(self.base_temp_dir, uuid.uuid4().hex, features.VOCABULARY)
    return (pcoll | 'Count' >> beam.CombineGlobally(WordCounter(self._limit))
            | 'Write' >> beam.Map(_write_asset, path, self._size))


class WordCounter(beam.CombineFn):
  """Combines (distinct words, their counts) of each batch into an Arrow table of `word` and `times`."""

  def __init__(self, limit: Optional[int] = None):
    """Take the number of words that the count goes on with, None for all; see counts.add_up."""
    super().__init__()
    self._limit = limit

  def create_accumulator(self) -> _Accumulator:
    """Return no tables."""
    return []

  def add_input(self, accumulator: _Accumulator, batch: Sequence[np.ndarray]) -> _Accumulator:  # pylint: disable=arguments-renamed
    """Add the table of a batch: words, string [n], and times, int64 [n]."""
    words, times = batch
    table = pa.table({'word': pa.array(words, pa.binary()), 'times': times})
    return counts.add_up([*accumulator, table], limit=self._limit)

  def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
    """Join the tables of several workers."""
    return counts.add_up([table for tables in accumulators for table in tables], limit=self._limit)

  def extract_output(self, accumulator: _Accumulator) -> pa.Table:
    """Return the table with each word once."""
    empty = pa.table({'word': pa.array([], pa.binary()), 'times': pa.array([], pa.int64())})
    return counts.add_up([empty, *accumulator], at_once=True)[0]


def _write_asset(counted, path, size):
  """Write the asset; returns its path as Transform expects it."""
  frequent = counted.sort_by([('times', 'descending'), ('word', 'descending')])['word'].to_pylist()
  words = [token.encode() for token in features.RESERVED_TOKENS] + frequent
  tf.io.gfile.makedirs(os.path.dirname(path))
  with tf.io.gfile.GFile(path, 'wb') as file:
    file.write(b'\n'.join(words[:size]) + b'\n')
  return np.array(path.encode())
