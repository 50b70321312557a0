"""How long a text is, and how much of it a model knows: slices of the evaluation, and texts without a known word."""

from typing import Any, Mapping

import tensorflow as tf

from models import features as keys

# Lower edges of the buckets; the names sort in the order of the edges.
LENGTHS = (0, 100, 200, 400)  # number of words of the whole text
OOV_SHARES = (0.0, 0.01, 0.03, 0.1)  # share of the words of the whole text


def assign_buckets(features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Return the names of the buckets of a text.

  Recorded evaluations contain these names, so a change of them makes old and new evaluations incomparable.

  Args:
    features: int64 [batch] each: WORDS and OOV_WORDS.

  Returns:
    {LENGTH_BUCKET: string [batch], such as '100-199 words', OOV_BUCKET: string [batch], such as '1-3 % unknown'}.
  """
  words = tf.cast(features[keys.WORDS], tf.float32)
  share = tf.math.divide_no_nan(tf.cast(features[keys.OOV_WORDS], tf.float32), words)
  return {
      keys.LENGTH_BUCKET: _find_bucket(words, LENGTHS, _length_names()),
      keys.OOV_BUCKET: _find_bucket(share, OOV_SHARES, _oov_names()),
  }


def count_known_words(features: Mapping[str, Any]) -> tf.Tensor:
  """Count what a model can judge a text by.

  Args:
    features: the features that the model gets: int64 [batch, time] TOKENS and, for models of n-grams, NGRAM_IDS.

  Returns:
    int64 [batch]: the n-grams of the text that the model knows or, for models without n-grams, the words.
  """
  if keys.NGRAM_IDS not in features:
    return tf.reduce_sum(tf.cast(features[keys.TOKENS] > keys.OOV_ID, tf.int64), axis=1)
  ngrams = features[keys.NGRAM_IDS]
  return tf.math.unsorted_segment_sum(tf.ones_like(ngrams.values), ngrams.indices[:, 0], ngrams.dense_shape[0])


def _find_bucket(values, edges, names):
  edges = tf.constant(edges, tf.float32)
  return tf.gather(tf.constant(names), tf.searchsorted(edges, values, side='right') - 1)


def _length_names():
  ranges = [f'{low}-{high - 1} words' for low, high in zip(LENGTHS, LENGTHS[1:])]
  return ranges + [f'{LENGTHS[-1]} words and more']


def _oov_names():
  percent = [f'{share:.0%}'.rstrip('%') for share in OOV_SHARES]
  ranges = [f'{low}-{high} % unknown' for low, high in zip(percent, percent[1:])]
  return ranges + [f'{percent[-1]} % unknown and more']
