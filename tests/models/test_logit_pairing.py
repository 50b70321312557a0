"""Logit pairing: short texts with identity terms are compared with copies that have others, and nothing else is."""

import numpy as np
import pytest
import tensorflow as tf

from models import features as keys
from models import model
from models.networks import cnn
from models.networks import logit_pairing
from models.networks import short_texts
from models.training import optimizers

_TERMS = (5, 6, 7)
_SETTINGS = cnn.CnnHparams(short_length=4, embedding_dim=6, filters=5, hidden=5, logit_pairing=1)
_PARAMS = model.Params(hparams=_SETTINGS, vocab_size=20, seed=0, identity_ids=_TERMS)


def _features(*texts):
  width = max(map(len, texts))
  tokens = np.array([text + [0] * (width - len(text)) for text in texts])
  return {keys.TOKENS: tf.constant(tokens), keys.SHORT_TOKENS: tf.constant(tokens[:, :_SETTINGS.short_length]),
          keys.LENGTH: tf.constant([len(text) for text in texts], tf.int64)}


def _compare(*texts):
  """Return the loss, and the texts that were scored, by a score that is the sum of a text's ids."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.train.create_global_step()
    scored = []

    def score(features):
      scored.append(features[keys.SHORT_TOKENS])
      return tf.cast(tf.reduce_sum(features[keys.SHORT_TOKENS], axis=1, keepdims=True), tf.float32)

    loss = logit_pairing.loss(_features(*texts), score, _PARAMS)
    session.run(tf.compat.v1.global_variables_initializer())
    return session.run([loss, *scored])


def test_terms_of_short_texts_are_exchanged_and_nothing_else():
  loss, texts = _compare([1, 9, 5], [1, 9, 8, 3], [7, 7, 7, 7], [5, 1, 1, 1, 1])
  originals, copies = np.split(texts, 2)
  assert originals[:2].tolist() == [[1, 9, 5, 0], [7, 7, 7, 7]]
  is_term = np.isin(originals, _TERMS)
  assert (copies[~is_term] == originals[~is_term]).all()
  assert np.isin(copies[is_term], _TERMS).all()
  assert (copies != originals).any()
  differences = (originals - copies)[:-1].sum(axis=1)
  assert loss == pytest.approx((differences ** 2).sum() / 4)


def test_a_batch_without_terms_costs_nothing():
  assert _compare([1, 9, 8], [3, 3], [5, 1, 1, 1, 1])[0] == 0


def test_a_training_with_it_makes_the_terms_equal():
  texts = [[9, term, 8] for term in _TERMS]
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.set_random_seed(1)
    tf.compat.v1.train.create_global_step()
    features = _features(*texts)
    rest = cnn.network(features, tf.estimator.ModeKeys.TRAIN, _PARAMS)
    labels = tf.constant([1, 0, 1])
    whole, train_op_fn = short_texts.join(
        features, labels, tf.estimator.ModeKeys.TRAIN, _PARAMS, rest, optimizers.adam(0.01))
    step = train_op_fn(tf.reduce_mean(tf.square(whole)))
    with tf.compat.v1.variable_scope('', reuse=True):
      logits = short_texts.network(features, tf.estimator.ModeKeys.EVAL, _PARAMS)
    session.run(tf.compat.v1.global_variables_initializer())
    for _ in range(300):
      session.run(step)
    # The labels tell the terms apart: without the pairing, the logits are 8 apart.
    assert np.ptp(session.run(logits)) < 0.5
