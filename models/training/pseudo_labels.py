"""Pseudo-labels: unlabeled examples are trained on with the model's own predictions as their labels."""

from typing import Callable

import tensorflow as tf

from models import features as keys


def fill_missing(labels: tf.Tensor, logits_fn: Callable[[], tf.Tensor]) -> tf.Tensor:
  """Replace each missing label with the probability that the model predicts without dropout.

  Pseudo-labels (D.-H. Lee, ICML workshop 2013), but soft, and learned under noise as in Q. Xie et al., "Self-training
  with Noisy Student", CVPR 2020, with the model of the current step as the teacher.

  Args:
    labels: int64 [batch], NO_LABEL where the label is missing.
    logits_fn: () -> logits, float32 [batch, 1]: builds the network once more, without dropout. Its variables must exist
      and are shared. No gradient flows through the result.

  Returns:
    float32 [batch, 1], from 0 to 1.
  """
  with tf.compat.v1.variable_scope(tf.compat.v1.get_variable_scope(), reuse=True):
    predicted = tf.stop_gradient(tf.sigmoid(logits_fn()))
  labels = labels[:, tf.newaxis]
  return tf.where(tf.equal(labels, keys.NO_LABEL), predicted, tf.cast(labels, tf.float32))
