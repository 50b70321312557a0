"""wide_deep: which part learns from what."""

import numpy as np
import pytest
import tensorflow as tf

from models import features
from models import model as model_lib
from models.networks import wide_deep


def _learned(review_ids, short_length):
  """The weights of the wide part after a step on two texts of 5 words; they are 0 before."""
  hparams = wide_deep.WideDeepHparams(
      vocab_size=10, ngrams=4, max_length=5, unlabeled=False, short_length=short_length, averaging=0, dropout=0)
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ngrams = [tf.sparse.from_dense(tf.constant(values)) for values in (
        np.array([[1, 2], [3, 0]], np.int64), np.array([[1, 1], [1, 0]], np.float32))]
    tokens, lengths = tf.constant([[1, 4, 5, 6, 7], [1, 7, 6, 5, 4]], tf.int64), tf.constant([5, 5], tf.int64)
    inputs = {
        features.TOKENS: tokens, features.SHORT_TOKENS: tokens[:, :short_length], features.LENGTH: lengths,
        features.WORDS: lengths, features.OOV_WORDS: 0 * lengths, features.NGRAM_IDS: ngrams[0],
        features.NGRAM_WEIGHTS: ngrams[1], features.REVIEW_ID: tf.constant(review_ids)}
    tf.compat.v1.train.create_global_step()
    spec = wide_deep.model_fn(inputs, tf.constant([0, 1], tf.int64), tf.estimator.ModeKeys.TRAIN,
                              model_lib.Params(hparams, vocab_size=10, seed=0))
    session.run(tf.compat.v1.global_variables_initializer())
    session.run(spec.train_op)
    return session.run(tf.compat.v1.trainable_variables('wide/'))


@pytest.mark.parametrize('review_ids, short_length, learns', [
    (['1', '2'], 8, True),
    (['augmented-negation-1', 'augmented-negation-2'], 8, False),
    (['augmented-reviews-1', 'augmented-reviews-2'], 4, True),  # longer than a short text
    (['augmented-negation-1', 'augmented-negation-2'], 0, True)])  # no part for short texts
def test_the_wide_part_learns_from_no_short_augmented_texts(review_ids, short_length, learns):
  assert any(map(np.any, _learned(review_ids, short_length))) == learns
