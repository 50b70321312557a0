"""Optimizers and their learning rates."""

import time
import types

import numpy as np
import pytest
import tensorflow as tf

from models.networks import cnn
from models.networks import short_texts
from models.training import learning_rate
from models.training import optimizers


def test_a_step_of_adam_equals_tensorflows_for_absent_rows_too():

  def train(minimize):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      table = tf.compat.v1.get_variable('table', initializer=np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2))
      ids = tf.compat.v1.placeholder(tf.int64, [None])
      loss = tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, ids) - 3.0))
      op = minimize(tf.compat.v1.train.AdamOptimizer(0.1), loss)
      session.run(tf.compat.v1.global_variables_initializer())
      for batch in ([0, 1, 1, 1], [4], [1, 2]):
        session.run(op, {ids: batch})
      return session.run(table)

  found = train(optimizers.minimize)
  np.testing.assert_allclose(found, train(lambda optimizer, loss: optimizer.minimize(loss)), rtol=1e-5)
  assert found[0, 0] != -1 and found[5, 1] == 1


def test_the_gradient_is_clipped_to_its_global_norm():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    weights = [tf.compat.v1.get_variable(name, [], initializer=tf.zeros_initializer()) for name in 'ab']
    loss = 3.0 * weights[0] + 4.0 * weights[1]  # a gradient of norm 5
    op = optimizers.minimize(tf.compat.v1.train.GradientDescentOptimizer(1.0), loss, clip_norm=0.5)
    session.run(tf.compat.v1.global_variables_initializer())
    session.run(op)
    np.testing.assert_allclose(session.run(weights), [-0.3, -0.4], rtol=1e-6)


def _read_slowly(variable):
  """Read a variable without a gradient, long after all that does not wait for it."""
  with tf.control_dependencies([tf.numpy_function(lambda: time.sleep(0.2), [], [])]):
    return tf.stop_gradient(variable.read_value())


def test_no_variable_changes_before_the_loss_is_known():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    weight = tf.compat.v1.get_variable('weight', initializer=0.0)
    read = _read_slowly(weight)
    op = optimizers.minimize(tf.compat.v1.train.GradientDescentOptimizer(1.0), 3.0 * weight + read)
    session.run(tf.compat.v1.global_variables_initializer())
    assert session.run([read, op])[0] == 0 and session.run(weight) == -3


def test_short_texts_are_read_before_the_rest_takes_its_step():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    step = tf.compat.v1.train.create_global_step()
    weight = tf.compat.v1.get_variable('weight', initializer=0.0)
    short_weight = tf.compat.v1.get_variable('short_texts/weight', initializer=1.0)
    read = _read_slowly(weight)
    short_op, loss = short_texts.minimize(
        tf.square(short_weight) + read, 3.0 * weight, cnn.CnnHparams(train_steps=100, short_learning_rate=0.25))
    op = optimizers.minimize(tf.compat.v1.train.GradientDescentOptimizer(1.0), loss, [weight], global_step=step)
    session.run(tf.compat.v1.global_variables_initializer())
    assert session.run([read, op, short_op])[0] == 0
    assert session.run(weight) == -3
    assert session.run(short_weight) == pytest.approx(1 - 0.25)  # the length of Adam's first step is its rate


def _rates(schedule, steps):
  """The values of a schedule at some steps."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    step, rate = tf.compat.v1.train.get_or_create_global_step(), schedule()
    rates = []
    for number in steps:
      step.load(number, session)
      rates.append(session.run(rate))
    return rates


def test_linear_decay_ends_at_0_with_the_last_step():
  hparams = types.SimpleNamespace(learning_rate=0.2, train_steps=1_000, decay=True)
  assert _rates(lambda: learning_rate.from_hparams(hparams), [0, 250, 1_000, 1_100]) == pytest.approx([0.2, 0.15, 0, 0])
  hparams.decay = False
  assert learning_rate.from_hparams(hparams) == 0.2


def test_half_life_decay_halves_each_half_life():
  rates = _rates(lambda: learning_rate.half_life_decay(0.2, 100), [0, 50, 100, 300])
  assert rates == pytest.approx([0.2, 0.2 * 0.5 ** 0.5, 0.1, 0.025])
