"""Adversarial training: the second loss is that of embeddings changed against the model, and of no padding."""

import numpy as np
import pytest
import tensorflow as tf

from models import features as keys
from models import model
from models.networks import adversarial
from models.networks import cnn
from models.networks import lstm
from models.training import optimizers

_NORM = 0.5
_LENGTHS = [2, 9]


def _build(network, settings, mode):
  tokens = np.array([[3 + (5 * row + place) % 9 if place < length else 0 for place in range(9)]
                     for row, length in enumerate(_LENGTHS)])
  return network(
      {keys.TOKENS: tf.constant(tokens), keys.LENGTH: tf.constant(_LENGTHS, tf.int64)}, mode,
      model.Params(hparams=settings, vocab_size=12, seed=0))


def _loss(logits):
  return tf.reduce_mean(tf.nn.softplus(logits))


@pytest.mark.parametrize('network, settings', [
    (cnn.network, cnn.CnnHparams(filters=5, hidden=5, dropout=0, word_dropout=0)),
    (lstm.network, lstm.LstmHparams(units=5, dropout=0, word_dropout=0))])
def test_the_change_has_the_norm_and_raises_the_loss(network, settings):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.set_random_seed(1)
    tf.compat.v1.train.create_global_step()
    built = _build(network, settings, tf.estimator.ModeKeys.TRAIN)
    read = []
    watched = built._replace(read=lambda embedded: read.append(embedded) or built.read(embedded))
    plain, total = _loss(built.logits), adversarial.total_loss(watched, _loss, _NORM)
    assert adversarial.total_loss(watched, _loss, 0) is not None and len(read) == 1
    session.run(tf.compat.v1.global_variables_initializer())
    plain, total, before, after = session.run([plain, total, built.embedded, read[0]])
  change = after - before
  assert total > 2 * plain
  assert not change[0, _LENGTHS[0]:].any()
  words = np.concatenate([before[row, :length] for row, length in enumerate(_LENGTHS)])
  expected = _NORM * np.sqrt((words ** 2).sum(axis=1).mean())
  assert np.sqrt((change ** 2).sum(axis=(1, 2))) == pytest.approx([expected] * 2, rel=1e-4)


def test_training_with_it_changes_every_variable():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.set_random_seed(1)  # with others, no hidden unit may be active
    tf.compat.v1.train.create_global_step()
    settings = cnn.CnnHparams(filters=5, hidden=20, dropout=0, word_dropout=0)
    built = _build(cnn.network, settings, tf.estimator.ModeKeys.TRAIN)
    step = optimizers.adam(0.01)(adversarial.total_loss(built, _loss, _NORM))
    session.run(tf.compat.v1.global_variables_initializer())
    variables = tf.compat.v1.trainable_variables()
    before = session.run(variables)
    session.run(step)
    assert all((old != new).any() for old, new in zip(before, session.run(variables)))
