"""A batch of reviews taken apart by slice, for one model and for two."""

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from components.evaluator import extractors

_SPECS = [tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=['bucket']), tfma.SlicingSpec(feature_keys=['rating'])]
_SCORES = np.array([[0.1], [0.9], [0.7]], np.float32)


def _slices(keyed):
  batch = {
      'features': {'rating': np.array([[1], [8], [8]]), 'text': np.array([[b'a'], [b'b'], [b'c']], object)},
      'transformed_features': {'bucket': np.array([b'short', b'short', b'long'], object)},
      'labels': keyed(np.array([[0], [1], [0]])),
      'predictions': keyed(_SCORES),
  }
  found = {}
  for part in extractors.by_slice(batch, _SPECS):
    key, = part['_slice_key_types']
    found[key] = part
  return found


@pytest.mark.parametrize('models', [(), ('candidate', 'baseline')])
def test_batch_is_one_weighted_example_per_slice(models):
  found = _slices(lambda values: dict.fromkeys(models, values) or values)
  rows = {(): [0, 1, 2], (('bucket', 'short'),): [0, 1], (('bucket', 'long'),): [2], (('rating', 1),): [0],
          (('rating', 8),): [1, 2]}
  assert found.keys() == rows.keys()
  for key, expected in rows.items():
    part = found[key]
    assert part['example_weights'] == [len(expected)]
    for name in models or [None]:
      labels, scores = (part[key][name] if name else part[key] for key in ('labels', 'predictions'))
      np.testing.assert_array_equal(labels, np.array([0, 1, 0])[expected])
      np.testing.assert_array_equal(scores, _SCORES[expected, 0])
