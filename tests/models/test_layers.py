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
