"""N-grams in the Transform graph: which ones count, and how much each weighs in a review.

Weightings:

- 'count': 1 for each n-gram of the review.
- 'tfidf': (1 + log of its count in the review) x its inverse document frequency, smoothed as in scikit-learn.
- 'nb': its naive-Bayes log-count ratio, after S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good
  Sentiment and Topic Classification", ACL 2012.

A review's weights are scaled to the Euclidean length 1, so that long reviews do not shout.
"""

import os
import uuid

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute  # pylint: disable=unused-import
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import tf_utils
import tensorflow_transform.beam.experimental as tft_beam_experimental

from models.text import counts

WEIGHTINGS = ('count', 'tfidf', 'nb')
ASSET = 'ngrams'  # a line per n-gram: the n-gram, a tab, its weight
_SMOOTHING = 1.0  # added to each count of a naive-Bayes ratio


def weigh(words, labels, order, size, min_reviews, weighting):
  """Selects n-grams on train, and weighs those of each review.

  Args:
    words: string RaggedTensor [batch, (words)].
    labels: int64 [batch]; analysis only, serving needs none.
    order: n-grams have 1 to `order` words.
    size: n-grams kept at most: those whose presence says most about the label.
    min_reviews: train reviews that an n-gram must occur in.
    weighting: one of WEIGHTINGS.

  Returns:
    ids, int64, and weights, float32: SparseTensors [batch, known n-grams of the review]; each id below `size`, once.
  """
  ngrams = words if order == 1 else tf.strings.ngrams(words, list(range(1, order + 1)))
  rows = _rows(ngrams)
  path, = tft.experimental.ptransform_analyzer(
      [*_present(ngrams.flat_values, rows, labels), labels], _Select(size, min_reviews, weighting),
      output_dtypes=[tf.string], output_shapes=[[]], output_asset_default_values=[b'a\t0'], name=ASSET)
  by_ngram = lambda file: tf.lookup.StaticHashTable(
      tf.lookup.TextFileInitializer(file, tf.string, 0, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
  by_id = lambda file: tf.lookup.StaticHashTable(
      tf.lookup.TextFileInitializer(file, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, tf.float32, 1), 0.0)
  found, _ = tf_utils.construct_and_lookup_table(by_ngram, path, ngrams.flat_values)
  ids, rows, counts = _distinct(found, rows, size)
  weights, _ = tf_utils.construct_and_lookup_table(by_id, path, ids)
  if weighting == 'tfidf':
    weights *= 1 + tf.math.log(tf.cast(counts, tf.float32))
  squares = tf.math.unsorted_segment_sum(tf.square(weights), rows, ngrams.nrows())
  weights *= tf.gather(tf.math.rsqrt(tf.maximum(squares, 1e-12)), rows)
  ragged = lambda values: tf.RaggedTensor.from_value_rowids(values, rows, ngrams.nrows(), validate=False)
  return ragged(ids).to_sparse(), ragged(weights).to_sparse()


def _rows(ragged):
  """The row of each value, int64: value_rowids() would go over a mask of all rows by the longest one."""
  splits, values = ragged.row_splits, tf.size(ragged.flat_values, tf.int64)
  first = splits[1:-1]  # of each row but the first; of an empty row at the end, beyond the last value
  return tf.cumsum(tf.math.unsorted_segment_sum(tf.ones_like(first), first, values + 1))[:values]


def _present(ngrams, rows, labels):
  """Distinct n-grams of a batch, and how many of its negative and positive reviews have each: string, int64, int64."""
  distinct, ids = tf.unique(ngrams, tf.int64)
  size = tf.size(distinct, tf.int64)
  once, _ = tf.unique(rows * size + ids)
  positive = tf.gather(labels, once // size)
  count = lambda of_class: tf.math.unsorted_segment_sum(of_class, once % size, size)
  return distinct, count(1 - positive), count(positive)


def _distinct(ids, rows, size):
  """Distinct ids of each row, the unknown (-1) left out: ids, their rows in ascending order, and their counts."""
  known = ids >= 0
  keys, _, counts = tf.unique_with_counts(tf.boolean_mask(rows * size + ids, known))
  return keys % size, keys // size, counts


class _Select(tft_beam_experimental.PTransformAnalyzer):
  """(distinct n-grams, negative, positive reviews with each, labels) per batch -> path of the asset."""

  def __init__(self, size, min_reviews, weighting):
    super().__init__()
    self._settings = size, min_reviews, weighting

  def expand(self, pcoll):  # pylint: disable=arguments-renamed
    path = os.path.join(self.base_temp_dir, uuid.uuid4().hex, ASSET)
    return pcoll | 'Count' >> beam.CombineGlobally(Counter()) | 'Write' >> beam.Map(_write, path, *self._settings)


def _write(counted, path, size, min_reviews, weighting):
  """Writes the asset; returns its path."""
  chosen, weights = choose(*counted, size, min_reviews, weighting)
  if not chosen:
    raise ValueError(f'no n-gram occurs in {min_reviews} train reviews or more: lower min_reviews, or raise max_length')
  tf.io.gfile.makedirs(os.path.dirname(path))
  with tf.io.gfile.GFile(path, 'wb') as file:
    for ngram, weight in zip(chosen, weights):
      file.write(b'%s\t%.7g\n' % (ngram, weight))
  return np.array(path.encode())


class Counter(beam.CombineFn):
  """Adds up what the batches have: Arrow tables of ngram, negative, positive; and reviews by class."""

  def create_accumulator(self):
    return [], np.zeros(2, np.int64)

  def add_input(self, accumulator, batch):  # pylint: disable=arguments-renamed
    tables, reviews = accumulator
    ngrams, negative, positive, labels = batch
    tables.append(pa.table({'ngram': pa.array(ngrams, pa.binary()), 'negative': negative, 'positive': positive}))
    return counts.add_up(tables), reviews + np.bincount(labels, minlength=2)

  def merge_accumulators(self, accumulators):
    tables, reviews = zip(*accumulators)
    return counts.add_up([table for some in tables for table in some]), sum(reviews)

  def extract_output(self, accumulator):
    """Returns n-grams (Arrow array), int64 [n-grams] reviews of each class with it, [2] reviews of each class."""
    tables, reviews = accumulator
    none = np.zeros(0, np.int64)
    empty = pa.table({'ngram': pa.array([], pa.binary()), 'negative': none, 'positive': none})
    table = counts.add_up([empty, *tables], at_once=True)[0].combine_chunks()
    column = lambda name: table[name].to_numpy()
    return table['ngram'].combine_chunks(), column('negative'), column('positive'), reviews


def choose(ngrams, negative, positive, reviews, size, min_reviews, weighting):
  """Keeps the most telling n-grams.

  Args:
    ngrams: Arrow array of the distinct n-grams.
    negative: int64 [n-grams], negative reviews with it.
    positive: int64 [n-grams], positive reviews with it.
    reviews: int64 [2], reviews of each class.
    size: n-grams kept at most.
    min_reviews: reviews that an n-gram must occur in.
    weighting: one of WEIGHTINGS.

  Returns:
    n-grams, a list of bytes, those with the highest likelihood ratio first; and their weights, float64.
  """
  often = np.flatnonzero(negative + positive >= min_reviews)
  negative, positive = negative[often], positive[often]
  names = ngrams.take(pa.array(often))
  # Ties are broken by name, so that the choice does not depend on the order in which a runner merges counts.
  ratios = _likelihood_ratio(negative, positive, reviews).round(6)
  ordered = pa.table({'ratio': ratios, 'ngram': names}).sort_by([('ratio', 'descending'), ('ngram', 'ascending')])
  kept = pa.compute.index_in(ordered['ngram'][:size], names).to_numpy()
  return ordered['ngram'][:size].to_pylist(), _weights(negative, positive, reviews, weighting)[kept]


def _likelihood_ratio(negative, positive, reviews):
  """G squared of the 2 x 2 table of presence and class (T. Dunning, Computational Linguistics 19(1), 1993)."""
  share = reviews / max(reviews.sum(), 1)
  present = negative + positive
  absent = reviews.sum() - present
  result = np.zeros(len(present))
  for observed, group, of_class in ((negative, present, 0), (positive, present, 1),
                                    (reviews[0] - negative, absent, 0), (reviews[1] - positive, absent, 1)):
    expected = group * share[of_class]
    result += np.where(observed > 0, observed * np.log(np.maximum(observed, 1) / np.maximum(expected, 1e-9)), 0)
  return 2 * result


def _weights(negative, positive, reviews, weighting):
  """The weight of each n-gram, float64."""
  if weighting == 'count':
    return np.ones(len(negative))
  if weighting == 'tfidf':
    return 1 + np.log((1 + reviews.sum()) / (1 + negative + positive))
  negative, positive = negative + _SMOOTHING, positive + _SMOOTHING
  return np.log(positive / positive.sum()) - np.log(negative / negative.sum())
