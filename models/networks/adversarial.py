"""Adversarial training: a model learns from each text twice, once with the embeddings changed to its disadvantage.

T. Miyato, A. Dai and I. Goodfellow, "Adversarial Training Methods for Semi-Supervised Text Classification", ICLR 2017.
They normalize the embeddings, lest a model make the change small by larger embeddings; here it grows with them.
"""

from typing import Callable

import tensorflow as tf

from models.networks import embedding

_TINY = 1e-20  # so that a gradient of 0 has no direction instead of an undefined one


def total_loss(network: embedding.Network, loss_fn: Callable[[tf.Tensor], tf.Tensor], norm: float) -> tf.Tensor:
  """Return the loss of a network, and of the network on changed embeddings.

  Args:
    network: the network.
    loss_fn: logits, float32 [batch, 1] -> loss, float32 scalar.
    norm: of the change of a text's embeddings, as a share of the root mean square norm of a word's embedding; with 0
      there is no second loss.

  Returns:
    The sum of both losses, float32 scalar.
  """
  loss = loss_fn(network.logits)
  if not norm:
    return loss
  embedded, mask = network.embedded, network.mask
  gradient = tf.gradients(loss, embedded)[0] * mask
  size = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=[1, 2], keepdims=True) + _TINY)
  word_norm = tf.sqrt(tf.reduce_sum(tf.square(embedded) * mask) / tf.reduce_sum(mask))
  return loss + loss_fn(network.read(embedded + tf.stop_gradient(norm * word_norm * gradient / size)))
