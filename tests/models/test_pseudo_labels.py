import numpy as np
import tensorflow as tf

from models.training import pseudo_labels


def test_a_missing_label_becomes_the_models_own_prediction():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    network = lambda: tf.compat.v1.get_variable('logits', [3, 1], initializer=tf.constant_initializer([4.0, 2.0, -2.0]))
    logits = network()
    labels = pseudo_labels.fill_missing(tf.constant([0, -1, 1], tf.int64), network)
    gradient, = tf.gradients(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)), [logits])
    session.run(tf.compat.v1.global_variables_initializer())
    found, gradient = session.run([labels, gradient])
  sigmoid = lambda x: 1 / (1 + np.exp(-x))
  np.testing.assert_allclose(found, [[0], [sigmoid(2)], [1]], rtol=1e-6)
  # The gradient for constant labels: none flows back through the prediction.
  np.testing.assert_allclose(gradient, sigmoid(np.array([[4.0], [2.0], [-2.0]])) - found, rtol=1e-5, atol=1e-6)
