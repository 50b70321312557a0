"""The labels that a model gives itself, and the average of its weights."""

import tempfile

import numpy as np
import tensorflow as tf

from models.training import heads
from models.training import optimizers
from models.training import pseudo_labels


def test_an_unlabeled_review_gets_the_models_own_probability():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    network = lambda: tf.compat.v1.get_variable('logits', [3, 1], initializer=tf.constant_initializer([4.0, 2.0, -2.0]))
    logits = network()
    labels = pseudo_labels.fill_missing(tf.constant([0, -1, 1], tf.int64), network)
    gradient, = tf.gradients(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)), [logits])
    session.run(tf.compat.v1.global_variables_initializer())
    found, gradient = session.run([labels, gradient])
  sigmoid = lambda x: 1 / (1 + np.exp(-x))
  np.testing.assert_allclose(found, [[0], [sigmoid(2)], [1]], rtol=1e-6)
  # As of constants: nothing flows back through what the model says of itself.
  np.testing.assert_allclose(gradient, sigmoid(np.array([[4.0], [2.0], [-2.0]])) - found, rtol=1e-5, atol=1e-6)


def test_what_is_evaluated_is_the_moving_average_of_the_weights():
  decay, values = 0.99, []
  with tf.Graph().as_default():
    step = tf.compat.v1.train.get_or_create_global_step()
    weight = tf.compat.v1.get_variable('weight', [], initializer=tf.zeros_initializer())
    logits, labels = weight * tf.ones([2, 1]), tf.constant([0, 1], tf.int64)

    def one_more(unused_loss):
      with tf.control_dependencies([weight.assign_add(1.0)]):
        return step.assign_add(1).op

    def spec(mode):
      return heads.estimator_spec({}, labels, mode, logits, one_more, averaging=decay)

    training, scaffold = spec(tf.estimator.ModeKeys.TRAIN), spec(tf.estimator.ModeKeys.EVAL).scaffold
    saver = tf.compat.v1.train.Saver()
    with tf.compat.v1.Session() as session, tempfile.TemporaryDirectory() as directory:
      session.run(tf.compat.v1.global_variables_initializer())
      for _ in range(2_000):
        session.run(training.train_op)
        values.append(session.run(weight))
      scaffold.saver.restore(session, saver.save(session, directory + '/model'))
      found = session.run(weight)
  # Of the last hundreds of steps, the latest of which count most.
  ages = np.arange(len(values))[::-1]
  assert abs(found - np.average(values, weights=decay ** ages)) < 10
  assert found < values[-1] - 80


def test_adam_is_that_of_tensorflow_for_absent_rows_too():

  def trained(one_step):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      table = tf.compat.v1.get_variable('table', initializer=np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2))
      ids = tf.compat.v1.placeholder(tf.int64, [None])
      loss = tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, ids) - 3.0))
      op = one_step(tf.compat.v1.train.AdamOptimizer(0.1), loss)
      session.run(tf.compat.v1.global_variables_initializer())
      for batch in ([0, 1, 1, 1], [4], [1, 2]):
        session.run(op, {ids: batch})
      return session.run(table)

  found = trained(optimizers.minimize)
  np.testing.assert_allclose(found, trained(lambda optimizer, loss: optimizer.minimize(loss)), rtol=1e-5)
  assert found[0, 0] != -1 and found[5, 1] == 1
