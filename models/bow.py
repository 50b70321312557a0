"""bow_sparse: logistic regression on the counts of a review's words.

The baseline of the 2018 TensorFlow tutorial on text classification with Estimators, without its flaw: padding is
not counted as a word.
"""

import dataclasses

import tensorflow as tf

from models import features as keys
from models import head
from models import hparams
from models import model


@dataclasses.dataclass(frozen=True)
class BowSparseHparams(hparams.Hparams):
  """Hyper-parameters of bow_sparse: those in common, with defaults of its own."""

  max_length: int = 1_000
  learning_rate: float = 3e-3


def model_fn(features, labels, mode, params, config):
  """See models.model.Model."""
  tokens = features[keys.TOKENS]
  # Ids below 0 count as absent.
  bag = {keys.TOKENS: tf.where(tf.equal(tokens, keys.PADDING_ID), -tf.ones_like(tokens), tokens)}
  column = tf.feature_column.categorical_column_with_identity(keys.TOKENS, params.vocab_size)
  optimizer = tf.keras.optimizers.legacy.Adam(params.hparams.learning_rate)
  linear = tf.estimator.LinearClassifier([column], optimizer=optimizer, config=config, sparse_combiner='sqrtn')
  return head.served(linear.model_fn(bag, labels, mode, config), features)


BOW_SPARSE = model.Model(model_fn, BowSparseHparams())
