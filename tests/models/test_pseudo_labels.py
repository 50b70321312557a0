import numpy as np
import pytest
import tensorflow as tf

from models import features as keys
from models.training import pseudo_labels


def _sigmoid(x):
  return 1 / (1 + np.exp(-x))


def _features(ids):
  return {keys.REVIEW_ID: tf.constant(ids)}


def test_a_missing_label_becomes_the_models_own_prediction():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    network = lambda: tf.compat.v1.get_variable('logits', [3, 1], initializer=tf.constant_initializer([4.0, 2.0, -2.0]))
    logits = network()
    labels = pseudo_labels.fill_missing(_features(['a', 'b', 'c']), tf.constant([0, -1, 1], tf.int64), network)
    gradient, = tf.gradients(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)), [logits])
    session.run(tf.compat.v1.global_variables_initializer())
    found, gradient = session.run([labels, gradient])
  np.testing.assert_allclose(found, [[0], [_sigmoid(2)], [1]], rtol=1e-6)
  # The gradient for constant labels: none flows back through the prediction.
  np.testing.assert_allclose(gradient, _sigmoid(np.array([[4.0], [2.0], [-2.0]])) - found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('augmented', [[], [0] * 50])
def test_pseudo_labels_have_the_share_of_positive_reviews(augmented):
  logits = np.random.default_rng(0).normal(1, 2, 400)
  labels = [*[1] * 30, *[0] * 70, *augmented, *[-1] * len(logits)]
  ids = [*[f'review-{number}' for number in range(100)], *[f'{keys.AUGMENTED_ID}{number}' for number in augmented],
         *[f'unlabeled-{number}' for number in range(len(logits))]]
  known = np.zeros(len(labels) - len(logits))
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    network = lambda: tf.constant(np.concatenate([known, logits])[:, np.newaxis], tf.float32)
    filled = pseudo_labels.fill_missing(_features(ids), tf.constant(labels, tf.int64), network)[-len(logits):, 0]
    session.run(tf.compat.v1.global_variables_initializer())
    for _ in range(700):
      found = session.run(filled)
  assert _sigmoid(logits).mean() > 0.6 and found.mean() == pytest.approx(0.3, abs=0.01)
  assert (np.argsort(found) == np.argsort(logits)).all()


@pytest.mark.parametrize('labels', [[0, 1], [-1, -1]])
def test_a_batch_of_one_kind_does_not_change_pseudo_labels(labels):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    filled = pseudo_labels.fill_missing(
        _features(['a', 'b']), tf.constant(labels, tf.int64), lambda: tf.constant([[2.0], [2.0]]))
    session.run(tf.compat.v1.global_variables_initializer())
    first, second = session.run(filled), session.run(filled)
  np.testing.assert_array_equal(first, second)
  np.testing.assert_allclose(first[:, 0], [_sigmoid(2) if label < 0 else label for label in labels], rtol=1e-6)
