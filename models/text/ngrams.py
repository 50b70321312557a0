"""N-grams in the Transform graph: which ones are kept, and their weights in a text.

Weightings:

- 'count': 1 for each n-gram of the text.
- 'tfidf': (1 + log of its count in the text) x its inverse document frequency, smoothed as in scikit-learn.
- 'nb': its naive Bayes log-count ratio, after S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good
  Sentiment and Topic Classification", ACL 2012.

The weights of a text are scaled to Euclidean length 1, so that long texts do not dominate.
"""

import os
from typing import Iterable, Optional, Sequence
import uuid

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute  # pylint: disable=unused-import
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam.experimental as tft_beam_experimental

from compat import tensorflow_transform as tft_compat
from models.text import counts
from models.text import ragged

WEIGHTINGS = ('count', 'tfidf', 'nb')
ASSET = 'ngrams'  # one n-gram per line: the n-gram, a tab, its weight
_SMOOTHING = 1.0  # added to each count of a naive Bayes ratio
_Accumulator = tuple[Sequence[pa.Table], np.ndarray]


def weigh(words: tf.RaggedTensor, labels: tf.Tensor, order: int, size: int, min_reviews: int, weighting: str,
          is_approximate: bool = False) -> tuple[tf.SparseTensor, tf.SparseTensor]:
  """Select n-grams on train, and computes the weights of those of each text.

  Args:
    words: string [batch, (words)].
    labels: int64 [batch]; read on train only, so serving needs none.
    order: n-grams have 1 to `order` words.
    size: maximum number of n-grams: those are kept whose presence says most about the label.
    min_reviews: number of train examples that an n-gram must occur in.
    weighting: one of WEIGHTINGS.
    is_approximate: whether the count forgets rare n-grams, so that its memory is bounded; see models.text.counts.

  Returns:
    ids, int64, and weights, float32: SparseTensors [batch, kept n-grams of the text]; each id is below `size` and
    occurs once in a text.
  """
  ngrams = words if order == 1 else tf.strings.ngrams(words, list(range(1, order + 1)))
  rows = ragged.row_ids(ngrams)
  path, = tft.experimental.ptransform_analyzer(
      [*_count_presence(ngrams.flat_values, rows, labels), labels],
      _Select(size, min_reviews, weighting, is_approximate),
      output_dtypes=[tf.string], output_shapes=[[]], output_asset_default_values=[b'a\t0'], name=ASSET)
  all_ids, _ = tft_compat.construct_and_lookup_table(_build_id_table, path, ngrams.flat_values)
  ids, rows, times = _count_distinct(all_ids, rows, size)
  weights, _ = tft_compat.construct_and_lookup_table(_build_weight_table, path, ids)
  if weighting == 'tfidf':
    weights *= 1 + tf.math.log(tf.cast(times, tf.float32))
  squares = tf.math.unsorted_segment_sum(tf.square(weights), rows, ngrams.nrows())
  weights *= tf.gather(tf.math.rsqrt(tf.maximum(squares, 1e-12)), rows)
  sparse_ids, sparse_weights = (
      tf.RaggedTensor.from_value_rowids(values, rows, ngrams.nrows(), validate=False).to_sparse()
      for values in (ids, weights))
  return sparse_ids, sparse_weights


def _build_id_table(path):
  """Build the table from n-gram to id, its line number in the asset; unknown n-grams have the id -1."""
  initializer = tf.lookup.TextFileInitializer(path, tf.string, 0, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
  return tf.lookup.StaticHashTable(initializer, -1)


def _build_weight_table(path):
  """Build the table from id to weight."""
  initializer = tf.lookup.TextFileInitializer(path, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, tf.float32, 1)
  return tf.lookup.StaticHashTable(initializer, 0.0)


def _count_presence(ngrams, rows, labels):
  """Counts the negative and positive examples of a batch that have each n-gram.

  Returns:
    The distinct n-grams, string [n], and the numbers of negative and of positive examples, int64 [n] each.
  """
  distinct, ids = tf.unique(ngrams, tf.int64)
  size = tf.size(distinct, tf.int64)
  pairs, _ = tf.unique(rows * size + ids)
  is_positive = tf.gather(labels, pairs // size)
  negative, positive = (
      tf.math.unsorted_segment_sum(values, pairs % size, size) for values in (1 - is_positive, is_positive))
  return distinct, negative, positive


def _count_distinct(ids, rows, size):
  """Counts the ids of each row, without the unknown n-grams (-1).

  Returns:
    The distinct ids of each row, their rows in ascending order, and their counts, int64 [n] each.
  """
  is_known = ids >= 0
  pairs, _, times = tf.unique_with_counts(tf.boolean_mask(rows * size + ids, is_known))
  return pairs % size, pairs // size, times


class _Select(tft_beam_experimental.PTransformAnalyzer):
  """Turns (distinct n-grams, negative and positive examples with each, labels) of each batch into the asset's path."""

  def __init__(self, size: int, min_reviews: int, weighting: str, is_approximate: bool):
    super().__init__()
    self._settings = size, min_reviews, weighting
    self._limit = counts.APPROXIMATION * size if is_approximate else None

  def expand(self, pcoll):  # pylint: disable=arguments-renamed
    path = os.path.join(self.base_temp_dir, uuid.uuid4().hex, ASSET)
    return (pcoll | 'Count' >> beam.CombineGlobally(NgramCounter(self._limit))
            | 'Write' >> beam.Map(_write_asset, path, *self._settings))


def _write_asset(counted, path, size, min_reviews, weighting):
  """Write the asset; returns its path as Transform expects it."""
  ngrams, negative, positive, examples = counted
  selected, weights = select(ngrams, negative, positive, examples, size, min_reviews, weighting)
  if not selected:
    raise ValueError(
        f'no n-gram occurs in {min_reviews} train examples or more: lower min_reviews, or raise max_length')
  tf.io.gfile.makedirs(os.path.dirname(path))
  with tf.io.gfile.GFile(path, 'wb') as file:
    for ngram, weight in zip(selected, weights):
      file.write(b'%s\t%.7g\n' % (ngram, weight))
  return np.array(path.encode())


class NgramCounter(beam.CombineFn):
  """Adds up the counts of batches.

  The accumulator is a list of Arrow tables of ngram, negative and positive, and int64 [2], the examples of each class.
  """

  def __init__(self, limit: Optional[int] = None):
    """Take the number of n-grams that the count goes on with, None for all; see counts.add_up."""
    super().__init__()
    self._limit = limit

  def create_accumulator(self) -> _Accumulator:
    """Return no tables, and no examples."""
    return [], np.zeros(2, np.int64)

  def add_input(self, accumulator: _Accumulator, batch: Sequence[np.ndarray]) -> _Accumulator:  # pylint: disable=arguments-renamed
    """Add a batch: distinct n-grams, the numbers of negative and of positive examples with each, all labels."""
    tables, examples = accumulator
    ngrams, negative, positive, labels = batch
    table = pa.table({'ngram': pa.array(ngrams, pa.binary()), 'negative': negative, 'positive': positive})
    return counts.add_up([*tables, table], limit=self._limit), examples + np.bincount(labels, minlength=2)

  def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
    """Join the counts of several workers."""
    tables, examples = zip(*accumulators)
    return counts.add_up([table for some in tables for table in some], limit=self._limit), np.sum(examples, axis=0)

  def extract_output(self, accumulator: _Accumulator) -> tuple[pa.Array, np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct n-grams, int64 [n-grams] negative and positive examples with each, int64 [2] examples."""
    tables, examples = accumulator
    none = np.zeros(0, np.int64)
    empty = pa.table({'ngram': pa.array([], pa.binary()), 'negative': none, 'positive': none})
    table = counts.add_up([empty, *tables], at_once=True)[0].combine_chunks()
    return (table['ngram'].combine_chunks(), table['negative'].to_numpy(), table['positive'].to_numpy(), examples)


def select(ngrams: pa.Array, negative: np.ndarray, positive: np.ndarray, examples: np.ndarray, size: int,
           min_reviews: int, weighting: str) -> tuple[list[bytes], np.ndarray]:
  """Select the n-grams with the highest likelihood ratio.

  Args:
    ngrams: the distinct n-grams.
    negative: int64 [n-grams], number of negative examples with each.
    positive: int64 [n-grams], number of positive examples with each.
    examples: int64 [2], number of negative and of positive examples.
    size: maximum number of n-grams.
    min_reviews: number of examples that an n-gram must occur in.
    weighting: one of WEIGHTINGS.

  Returns:
    The selected n-grams in descending order of their likelihood ratio, and their weights, float64.
  """
  frequent = np.flatnonzero(negative + positive >= min_reviews)
  negative, positive = negative[frequent], positive[frequent]
  names = ngrams.take(pa.array(frequent))
  # Ties are broken by name, so that the selection does not depend on the order in which a Beam runner merges counts.
  ratios = _likelihood_ratio(negative, positive, examples).round(6)
  ordered = pa.table({'ratio': ratios, 'ngram': names}).sort_by([('ratio', 'descending'), ('ngram', 'ascending')])
  selected = pa.compute.index_in(ordered['ngram'][:size], names).to_numpy()
  return ordered['ngram'][:size].to_pylist(), _compute_weights(negative, positive, examples, weighting)[selected]


def _likelihood_ratio(negative, positive, examples):
  """Compute G squared of the 2 x 2 table of presence and class (T. Dunning, Computational Linguistics 19(1), 1993)."""
  share = examples / max(examples.sum(), 1)
  present = negative + positive
  absent = examples.sum() - present
  result = np.zeros(len(present))
  for observed, group, label in ((negative, present, 0), (positive, present, 1),
                                 (examples[0] - negative, absent, 0), (examples[1] - positive, absent, 1)):
    expected = group * share[label]
    result += np.where(observed > 0, observed * np.log(np.maximum(observed, 1) / np.maximum(expected, 1e-9)), 0)
  return 2 * result


def _compute_weights(negative, positive, examples, weighting):
  """Compute the weight of each n-gram, float64."""
  if weighting == 'count':
    return np.ones(len(negative))
  if weighting == 'tfidf':
    return 1 + np.log((1 + examples.sum()) / (1 + negative + positive))
  negative, positive = negative + _SMOOTHING, positive + _SMOOTHING
  return np.log(positive / positive.sum()) - np.log(negative / negative.sum())
