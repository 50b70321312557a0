"""Layers against straightforward versions of them."""

import numpy as np
import pytest
import tensorflow as tf

from models.networks import layers

_MODES = tf.estimator.ModeKeys


def _convolve_and_pool(x, mask, kernel, bias):
  convolved = tf.nn.relu(tf.nn.conv1d(x, kernel, stride=1, padding='SAME') + bias)
  return tf.reduce_max(convolved * mask, axis=1)


@pytest.mark.parametrize('mode', [_MODES.TRAIN, _MODES.EVAL])
@pytest.mark.parametrize('width', [1, 2, 3, 4, 7])
def test_conv1d_max_pool_and_its_gradients(width, mode):
  random = np.random.default_rng(width)
  lengths = np.array([1, 2, 5, 12, 20])
  mask = (np.arange(20) < lengths[:, np.newaxis]).astype('float32')[:, :, np.newaxis]
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    x = tf.constant(random.normal(size=(5, 20, 6)), tf.float32)
    found = layers.conv1d_max_pool(x, tf.constant(mask), 8, width, 'convolution', mode)
    variables = tf.compat.v1.trainable_variables()
    session.run([variable.assign(random.normal(size=variable.shape)) for variable in variables])
    expected = _convolve_and_pool(x, mask, *variables)
    results = [[y, *tf.gradients(tf.reduce_sum(y ** 2), [x, *variables])] for y in (found, expected)]
    for ours, plain in zip(*session.run(results)):
      np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)
    assert session.run(found).shape == (5, 8)


@pytest.mark.parametrize('size, parts, steps', [(0, 1, [0]), (1, 2, [0, 7]), (3, 2, [7, 7])])
def test_lstm_takes_no_step_for_an_empty_batch(size, parts, steps):
  # With steps, the kernel's gradient for an empty batch is uninitialized memory, and a negative number is a crash.
  with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
    length = tf.fill([size], tf.constant(7, tf.int64))  # its maximum, if it is empty, is the smallest int64
    states = layers.lstm(tf.ones([7, size, 3]), 4, tf.reduce_max(length), parts)
    session.run(tf.compat.v1.global_variables_initializer())
    assert session.run(states).shape == (7, size, 4)
    assert [session.run(op.inputs[0]) for op in graph.get_operations() if op.type == 'BlockLSTM'] == steps
