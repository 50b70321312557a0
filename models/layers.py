"""Building blocks that several models share."""

import numpy as np
import tensorflow as tf


def mask(length, tokens):
  """float32 [batch, time]: 1 for tokens in use, 0 for padding."""
  return tf.sequence_mask(length, tf.shape(tokens)[1], dtype=tf.float32)


def dropout(x, rate, mode, seed):
  """Dropout whose pattern depends on seed and global step only, so that a resumed training repeats it."""
  if mode != tf.estimator.ModeKeys.TRAIN or not rate:
    return x
  step = tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.int32)
  # The name tells two dropouts of one graph apart.
  salt = sum(map(ord, x.op.name))
  return tf.nn.experimental.stateless_dropout(x, rate, seed=tf.stack([seed * 1_000_003 + salt, step]))


def embed(tokens, params, dimension, trainable=True):
  """Looks up the embedding of each token.

  Args:
    tokens: int64 [batch, time].
    params: `models.model.Params`; with word_vectors, the embedding starts from them.
    dimension: of a random embedding; word vectors bring their own.
    trainable: False keeps the embedding as it starts.

  Returns:
    float32 [batch, time, dimension], and the tf.compat.v1.train.Scaffold to hand on, or None.
  """
  vectors = params.word_vectors and np.load(params.word_vectors, mmap_mode='r')
  with tf.compat.v1.variable_scope('embedding'):
    shape = [params.vocab_size, dimension] if vectors is None else vectors.shape
    table = tf.compat.v1.get_variable(
        'table', shape, trainable=trainable, initializer=tf.compat.v1.random_uniform_initializer(-0.05, 0.05))
    scaffold = None if vectors is None else _initialised_from(table, vectors)
    return tf.nn.embedding_lookup(table, tokens), scaffold


def dense(x, units, name, activation=None):
  """A dense layer: [..., n] -> [..., units]."""
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _kernel([x.shape[-1], units]), _bias(units)
    y = tf.linalg.matmul(x, kernel) + bias
  return y if activation is None else activation(y)


def convolve(x, filters, width, name, activation=None):
  """A convolution over time, padded with zeros to keep its length: [batch, time, n] -> [batch, time, filters]."""
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _kernel([width, x.shape[-1], filters]), _bias(filters)
    y = tf.nn.conv1d(x, kernel, stride=1, padding='SAME') + bias
  return y if activation is None else activation(y)


def _kernel(shape):
  # tf.compat.v1.layers would start from weights that ignore the Estimator's seed.
  return tf.compat.v1.get_variable('kernel', shape, initializer=tf.compat.v1.glorot_uniform_initializer())


def _bias(units):
  return tf.compat.v1.get_variable('bias', [units], initializer=tf.compat.v1.zeros_initializer())


def _initialised_from(table, vectors):
  """A Scaffold that feeds the vectors once, at the start: as a constant they would be copied into every graph."""
  value = tf.compat.v1.placeholder(tf.float32, table.shape)
  assign = table.assign(value)
  return tf.compat.v1.train.Scaffold(init_fn=lambda scaffold, session: session.run(assign.op, {value: vectors}))
