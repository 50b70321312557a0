"""Pseudo-labels: unlabeled examples are trained on with the model's own predictions as their labels."""

from typing import Callable, Mapping

import tensorflow as tf

from models import features as keys
from models.training import inputs

_RATE = 0.05  # change of the number that is added to logits, for each difference of means of 1 in a batch


def fill_missing(features: Mapping[str, tf.Tensor], labels: tf.Tensor, logits_fn: Callable[[], tf.Tensor]) -> tf.Tensor:
  """Replace each missing label with the probability that the model predicts without dropout.

  Pseudo-labels (D.-H. Lee, ICML workshop 2013), but soft, and learned under noise as in Q. Xie et al., "Self-training
  with Noisy Student", CVPR 2020, with the model of the current step as the teacher. A model that learns from itself
  predicts the class that it predicts too often ever more often. So a number is added to the logits with which as many
  pseudo-labels are positive as labels of real reviews: distribution alignment, after D. Berthelot et al., "ReMixMatch:
  Semi-Supervised Learning with Distribution Alignment and Augmentation Anchoring", ICLR 2020. Each batch with examples
  of both kinds moves the number by a small part of the difference of their means.

  Args:
    features: REVIEW_ID by key.
    labels: int64 [batch], NO_LABEL where the label is missing.
    logits_fn: () -> logits, float32 [batch, 1]: builds the network once more, without dropout. Its variables must exist
      and are shared. No gradient flows through the result.

  Returns:
    float32 [batch, 1], from 0 to 1.
  """
  with tf.compat.v1.variable_scope(tf.compat.v1.get_variable_scope(), reuse=True):
    logits = tf.stop_gradient(logits_fn())
  labels = labels[:, tf.newaxis]
  is_missing = tf.equal(labels, keys.NO_LABEL)
  known = tf.cast(labels, tf.float32)
  shift = tf.compat.v1.get_variable(
      'pseudo_labels_shift', [], initializer=tf.compat.v1.zeros_initializer(), trainable=False)
  value = shift.read_value()
  predicted = tf.sigmoid(logits + value)
  is_real = ~is_missing & ~inputs.is_augmented(features)
  difference = _mean(known, is_real) - _mean(predicted, is_missing)
  has_both = tf.reduce_any(is_real) & tf.reduce_any(is_missing)
  with tf.control_dependencies([shift.assign(value + tf.where(has_both, _RATE * difference, 0.0))]):
    return tf.where(is_missing, predicted, known)


def _mean(values, counted):
  counted = tf.cast(counted, tf.float32)
  return tf.math.divide_no_nan(tf.reduce_sum(counted * values), tf.reduce_sum(counted))
