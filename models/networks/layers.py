"""Building blocks that several models share."""

import tensorflow as tf


def dropout(x, rate, mode, seed):
  """Dropout of float32 numbers, `rate` to the nearest 1/256: a byte decides each, which takes a quarter of the time.

  The pattern depends on seed and global step only, so that a resumed training repeats it.
  """
  threshold = round(256 * rate)
  if mode != tf.estimator.ModeKeys.TRAIN or not threshold:
    return x
  step = tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.int32)
  # The name tells two dropouts of one graph apart.
  salt = sum(map(ord, x.op.name))
  size = tf.size(x)
  random = tf.random.stateless_uniform(
      [size // 4 + 1], tf.stack([seed * 1_000_003 + salt, step]), minval=None, maxval=None, dtype=tf.uint32)
  kept = tf.reshape(tf.bitcast(random, tf.uint8), [-1])[:size] >= threshold
  return x * (tf.cast(tf.reshape(kept, tf.shape(x)), tf.float32) * (256 / (256 - threshold)))


def dense(x, units, name, activation=None):
  """A dense layer: [..., n] -> [..., units]."""
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _kernel([x.shape[-1], units]), _bias(units)
    y = tf.linalg.matmul(x, kernel) + bias
  return y if activation is None else activation(y)


def strongest(x, mask, filters, width, name, mode):
  """A convolution over time, the maximum of each filter over it, and a ReLU, which may as well come last.

  Args:
    x: float32 [batch, time, n].
    mask: float32 [batch, time, 1], 1 where a filter may be centred; at one place of a review at least.
    filters: int.
    width: words that a filter sees; beyond a review's ends there are zeros.
    name: of the variables' scope.
    mode: a tf.estimator.ModeKeys.

  Returns:
    float32 [batch, filters].
  """
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _kernel([width, x.shape[-1], filters]), _bias(filters)
  convolved = tf.nn.conv1d(x, kernel, stride=1, padding='SAME') + (mask - 1) * x.dtype.max
  if mode != tf.estimator.ModeKeys.TRAIN:
    return tf.nn.relu(tf.reduce_max(convolved, axis=1) + bias)
  # Only where a filter is at its maximum does it learn. Its value there, computed again, has the same gradient as the
  # whole convolution, at a small part of its time.
  centre = tf.argmax(convolved, axis=1, output_type=tf.int32)
  before = (width - 1) // 2
  padded = tf.pad(x, [[0, 0], [before, width - 1 - before], [0, 0]])
  start = tf.range(tf.shape(padded)[0])[:, tf.newaxis] * tf.shape(padded)[1] + centre
  seen = tf.gather(tf.reshape(padded, [-1, x.shape[-1]]), start[:, :, tf.newaxis] + tf.range(width))
  seen = tf.reshape(seen, [-1, filters, width * x.shape[-1]])
  weights = tf.transpose(tf.reshape(kernel, [width * x.shape[-1], filters]))
  return tf.nn.relu(tf.reduce_sum(seen * weights, axis=2) + bias)


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
