"""The labels that a model gives itself."""

import numpy as np
import tensorflow as tf

from models import head


def test_a_review_without_a_label_gets_the_models_own_probability():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    network = lambda: tf.compat.v1.get_variable('logits', [3, 1], initializer=tf.constant_initializer([4.0, 2.0, -2.0]))
    logits = network()
    labels = head.own_labels(tf.constant([0, -1, 1], tf.int64), network)
    gradient, = tf.gradients(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)), [logits])
    session.run(tf.compat.v1.global_variables_initializer())
    found, gradient = session.run([labels, gradient])
  sigmoid = lambda x: 1 / (1 + np.exp(-x))
  np.testing.assert_allclose(found, [[0], [sigmoid(2)], [1]], rtol=1e-6)
  # As of constants: nothing flows back through what the model says of itself.
  np.testing.assert_allclose(gradient, sigmoid(np.array([[4.0], [2.0], [-2.0]])) - found, rtol=1e-5, atol=1e-6)
