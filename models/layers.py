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


def embed(tokens, params):
  """Looks up the embedding of each token: its word vector where there are some, joined with an embedding of our own.

  Two channels after Y. Kim, EMNLP 2014: what the vectors know of all words, and what the reviews teach.

  Args:
    tokens: int64 [batch, time].
    params: `models.model.Params`, whose hyper-parameters have embedding_dim and embedding_range of our own embedding,
      0 dimensions leaving it out, and fine_tune: whether the word vectors are trained too.

  Returns:
    float32 [batch, time, dimensions], and the tf.compat.v1.train.Scaffold to hand on, or None.
  """
  settings = params.hparams
  vectors = params.word_vectors and np.load(params.word_vectors, mmap_mode='r')
  channels, scaffold = [], None
  with tf.compat.v1.variable_scope('embedding'):
    if vectors is not None:
      table = tf.compat.v1.get_variable(
          'word_vectors', vectors.shape, trainable=settings.fine_tune, initializer=tf.compat.v1.zeros_initializer())
      scaffold = _initialised_from(table, vectors)
      channels.append(tf.nn.embedding_lookup(table, tokens))
    if settings.embedding_dim:
      initializer = tf.compat.v1.random_uniform_initializer(-settings.embedding_range, settings.embedding_range)
      table = tf.compat.v1.get_variable('table', [params.vocab_size, settings.embedding_dim], initializer=initializer)
      channels.append(tf.nn.embedding_lookup(table, tokens))
  return tf.concat(channels, axis=-1), scaffold


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


def linear(ids, weights, size):
  """A linear layer on a sparse bag: ids, int64, and weights, float32, SparseTensors [batch, any] -> [batch, 1]."""
  table = tf.compat.v1.get_variable('weights', [size, 1], initializer=tf.compat.v1.zeros_initializer())
  bias = tf.compat.v1.get_variable('bias', [1], initializer=tf.compat.v1.zeros_initializer())
  bag = tf.nn.safe_embedding_lookup_sparse(table, ids, weights, combiner='sum')
  return tf.reshape(bag, [-1, 1]) + bias


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
