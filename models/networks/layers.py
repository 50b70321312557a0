"""Layers that several models share."""

from typing import Callable, Optional

import tensorflow as tf


def dropout(x: tf.Tensor, rate: float, mode: str, seed: int) -> tf.Tensor:
  """Apply dropout in training.

  Random bytes decide, so `rate` is rounded to a multiple of 1/256: this takes a quarter of tf.nn.dropout's time. The
  pattern depends only on the seed, the global step and the name of the op of `x`, so that a resumed training repeats
  it.

  Args:
    x: float32, any shape.
    rate: share of the numbers that are set to 0, from 0 to 1; the others are scaled up to keep the expected sum.
    mode: a tf.estimator.ModeKeys.
    seed: seed of the pattern.

  Returns:
    float32 in the shape of `x`.
  """
  threshold = round(256 * rate)
  if mode != tf.estimator.ModeKeys.TRAIN or not threshold:
    return x
  step = tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.int32)
  # Two dropouts of the same graph must not share a pattern: the name of the op tells them apart.
  salt = sum(map(ord, x.op.name))
  size = tf.size(x)
  random = tf.random.stateless_uniform(
      [size // 4 + 1], tf.stack([seed * 1_000_003 + salt, step]), minval=None, maxval=None, dtype=tf.uint32)
  kept = tf.reshape(tf.bitcast(random, tf.uint8), [-1])[:size] >= threshold
  return x * (tf.cast(tf.reshape(kept, tf.shape(x)), tf.float32) * (256 / (256 - threshold)))


def dense(x: tf.Tensor, units: int, name: str, activation: Optional[Callable[[tf.Tensor], tf.Tensor]] = None
          ) -> tf.Tensor:
  """Apply a dense layer.

  Args:
    x: float32 [..., n].
    units: size of the output.
    name: scope of the variables.
    activation: function of the output, or None.

  Returns:
    float32 [..., units].
  """
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _get_kernel([x.shape[-1], units]), _get_bias(units)
    y = tf.linalg.matmul(x, kernel) + bias
  return y if activation is None else activation(y)


def conv1d_max_pool(x: tf.Tensor, mask: tf.Tensor, filters: int, width: int, name: str, mode: str) -> tf.Tensor:
  """Apply a convolution over time, a ReLU, and the maximum of each filter over time.

  A ReLU never decreases, so it commutes with the maximum and is applied to the maxima only.

  Args:
    x: float32 [batch, time, n].
    mask: float32 [batch, time, 1], 1 where a filter may be centered; at least one position of each example is 1.
    filters: number of filters.
    width: number of time steps that a filter covers; zeros pad the ends of an example.
    name: scope of the variables.
    mode: a tf.estimator.ModeKeys.

  Returns:
    float32 [batch, filters].
  """
  with tf.compat.v1.variable_scope(name):
    kernel, bias = _get_kernel([width, x.shape[-1], filters]), _get_bias(filters)
  convolved = tf.nn.conv1d(x, kernel, stride=1, padding='SAME') + (mask - 1) * x.dtype.max
  if mode != tf.estimator.ModeKeys.TRAIN:
    return tf.nn.relu(tf.reduce_max(convolved, axis=1) + bias)
  # Only the position of its maximum gives a filter a gradient. Computing the value there once more, from the window
  # around that position, has the same gradient as the whole convolution and takes a fraction of its time.
  center = tf.argmax(convolved, axis=1, output_type=tf.int32)
  before = (width - 1) // 2
  padded = tf.pad(x, [[0, 0], [before, width - 1 - before], [0, 0]])
  # Filters come first, so that matrix products, one for each filter, apply the kernel.
  start = tf.transpose(tf.range(tf.shape(padded)[0])[:, tf.newaxis] * tf.shape(padded)[1] + center)
  windows = tf.gather(tf.reshape(padded, [-1, x.shape[-1]]), start[:, :, tf.newaxis] + tf.range(width))
  windows = tf.reshape(windows, [filters, -1, width * x.shape[-1]])
  weights = tf.transpose(tf.reshape(kernel, [width * x.shape[-1], filters]))[:, :, tf.newaxis]
  return tf.nn.relu(tf.transpose(tf.linalg.matmul(windows, weights)[:, :, 0]) + bias)


def lstm(x: tf.Tensor, units: int, steps: tf.Tensor, parts: int = 1) -> tf.Tensor:
  """Apply an LSTM over time, by TensorFlow's fused kernel.

  Args:
    x: float32 [time, batch, n].
    units: number of units.
    steps: int64 scalar, number of time steps of the longest example of the batch; any value if the batch is empty.
    parts: parts of the batch that are computed side by side: one core computes a part, since the matrices of one time
      step are too small to be shared.

  Returns:
    The hidden states, float32 [time, batch, units].
  """
  with tf.compat.v1.variable_scope('lstm'):
    kernel, bias = _get_kernel([x.shape[-1] + units, 4 * units]), _get_bias(4 * units)
  peephole = tf.zeros([units])  # required by the kernel, which ignores it by default

  def run_block(batch):
    size = tf.shape(batch)[1]
    zeros = tf.zeros([size, units])
    # For an empty batch, the gradient of any step is uninitialized memory, and a negative number of steps is a crash.
    return tf.raw_ops.BlockLSTM(
        seq_len_max=tf.where(size > 0, steps, 0), x=batch, cs_prev=zeros, h_prev=zeros, w=kernel, b=bias,
        wci=peephole, wcf=peephole, wco=peephole, forget_bias=1.0, cell_clip=-1.0).h

  size = tf.shape(x)[1]
  sizes = [(size + part) // parts for part in range(parts)]
  return tf.concat([run_block(part) for part in tf.split(x, sizes, axis=1, num=parts)], axis=1)


def pool_states(states: tf.Tensor, length: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Return the last state and the maximum of the states over time.

  Args:
    states: of an LSTM, float32 [time, batch, units].
    length: int64 [batch], number of time steps of each example.
    mask: float32 [time, batch, 1], 1 for these and 0 for the padding.

  Returns:
    Two float32 [batch, units].
  """
  last = tf.gather_nd(states, tf.stack([length - 1, tf.range(tf.size(length, tf.int64))], axis=1))
  # States are above -1, so the padding, which is set to -1, is never the maximum.
  return last, tf.reduce_max(states * mask - (1 - mask), axis=0)


def sparse_linear(ids: tf.SparseTensor, weights: tf.SparseTensor, size: int) -> tf.Tensor:
  """Apply a linear layer to a sparse bag of ids.

  Args:
    ids: int64 [batch, any], each below `size`.
    weights: float32 [batch, any], the weight of each id.
    size: number of different ids.

  Returns:
    float32 [batch, 1].
  """
  table = tf.compat.v1.get_variable('weights', [size, 1], initializer=tf.compat.v1.zeros_initializer())
  bias = tf.compat.v1.get_variable('bias', [1], initializer=tf.compat.v1.zeros_initializer())
  bag = tf.nn.safe_embedding_lookup_sparse(table, ids, weights, combiner='sum')
  return tf.reshape(bag, [-1, 1]) + bias


def _get_kernel(shape):
  # The initial weights of tf.compat.v1.layers would ignore the Estimator's seed.
  return tf.compat.v1.get_variable('kernel', shape, initializer=tf.compat.v1.glorot_uniform_initializer())


def _get_bias(units):
  return tf.compat.v1.get_variable('bias', [units], initializer=tf.compat.v1.zeros_initializer())
