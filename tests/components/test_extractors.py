"""A batch of reviews taken apart by slice."""

import numpy as np
import tensorflow_model_analysis as tfma

from components.evaluator import extractors

_SPECS = [tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=['bucket']), tfma.SlicingSpec(feature_keys=['rating'])]
_SCORES = np.array([[0.1], [0.9], [0.7]], np.float32)


def _slices(scores=_SCORES):
  batch = {
      'features': {'rating': np.array([[1], [8], [8]]), 'text': np.array([[b'a'], [b'b'], [b'c']], object)},
      'transformed_features': {'bucket': np.array([b'short', b'short', b'long'], object)},
      'labels': np.array([[0], [1], [0]]),
      'predictions': scores,
  }
  found = {}
  for part in extractors.by_slice(batch, _SPECS):
    key, = part['_slice_key_types']
    found[key] = part
  return found


def test_batch_is_one_weighted_example_per_slice():
  found = _slices()
  rows = {(): [0, 1, 2], (('bucket', 'short'),): [0, 1], (('bucket', 'long'),): [2], (('rating', 1),): [0],
          (('rating', 8),): [1, 2]}
  assert found.keys() == rows.keys()
  for key, expected in rows.items():
    part = found[key]
    assert part['example_weights'] == [len(expected)]
    np.testing.assert_array_equal(part['labels'], np.array([0, 1, 0])[expected])
    np.testing.assert_array_equal(part['predictions'], _SCORES[expected, 0])


def test_what_is_no_probability_is_the_worst_score():
  found = _slices(np.array([[np.nan], [-0.5], [np.inf]], np.float32))
  np.testing.assert_array_equal(found[()]['predictions'], np.array([1, 0, 1], np.float32))
