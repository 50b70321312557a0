"""The part of the neural models that reads short texts, and how it is mixed with the rest of the model."""

import numpy as np
import pytest
import tensorflow as tf

from models import features as keys
from models import model
from models.networks import cnn
from models.networks import short_texts
from models.training import optimizers

_SETTINGS = cnn.CnnHparams(short_length=4, embedding_dim=6, filters=5, hidden=5)
_LENGTHS = [2, 4, 7, 9, 30]


def _features(rows):
  lengths = np.array([_LENGTHS[row] for row in rows])
  tokens = np.array(
      [[3 + (7 * row + place) % 17 if place < _LENGTHS[row] else 0 for place in range(30)] for row in rows])
  return {keys.TOKENS: tf.constant(tokens), keys.SHORT_TOKENS: tf.constant(tokens[:, :4]),
          keys.LENGTH: tf.constant(lengths)}


def _build(rows, mode):
  """Return the features, and the logits of the cnn and of the whole, and the train_op_fn."""
  params = model.Params(hparams=_SETTINGS, vocab_size=20, seed=0)
  features = _features(rows)
  rest = cnn.network(features, mode, params)
  labels = tf.constant([row % 2 for row in rows])
  whole, train_op_fn = short_texts.join(features, labels, mode, params, rest, optimizers.adam(0.01))
  return rest.logits, whole, train_op_fn


def _scores(rows):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.set_random_seed(1)
    logits, whole, _ = _build(rows, tf.estimator.ModeKeys.PREDICT)
    session.run(tf.compat.v1.global_variables_initializer())
    return session.run([logits, whole])


def test_both_parts_weigh_the_same_at_half_of_short_length():
  lengths = [1, 2, 4, 5, 30]
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    rest, short = tf.ones([5, 1]), tf.zeros([5, 1])
    weight = session.run(short_texts.mix({keys.LENGTH: tf.constant(lengths)}, rest, short, short_length=4))
  assert weight[:, 0] == pytest.approx([1 / 65, 1 / 2, 64 / 65, 1, 1])


@pytest.mark.slow
def test_a_long_text_is_not_read_and_neighbours_change_nothing():
  logits, whole = _scores(range(5))
  assert whole[2:] == pytest.approx(logits[2:])  # beyond short_length
  assert (np.abs(whole[:2] - logits[:2]) > 1e-6).all()
  for row in range(5):
    assert _scores([row])[1][0] == pytest.approx(whole[row], abs=1e-6)


@pytest.mark.parametrize('rows', [[3, 4], [0], [0, 4], range(5)])
def test_a_batch_with_or_without_short_texts_is_learned_from(rows):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.train.create_global_step()
    _, whole, train_op_fn = _build(rows, tf.estimator.ModeKeys.TRAIN)
    step = train_op_fn(tf.reduce_mean(tf.square(whole)))
    session.run(tf.compat.v1.global_variables_initializer())
    for _ in range(3):
      session.run(step)
    assert all(np.isfinite(value).all() for value in session.run(tf.compat.v1.trainable_variables()))
