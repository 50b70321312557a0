"""A batch of reviews taken apart by slice."""

import apache_beam as beam
from apache_beam.testing import util as testing_util
import numpy as np
import pyarrow as pa
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.extractors import unbatch_extractor

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


def test_batches_are_joined_although_some_lack_a_feature():
  columns = [{'text': [[b'a']], 'rating': [[1]]}, {'text': [[b'b'], [b'c']], 'rating': pa.array([None, None])},
             {'text': [[b'd']]}]
  joined = extractors.join_batches([
      {tfma.ARROW_RECORD_BATCH_KEY: pa.RecordBatch.from_pydict(each)} for each in columns])
  assert joined[tfma.ARROW_RECORD_BATCH_KEY].to_pydict() == {
      'text': [[b'a'], [b'b'], [b'c'], [b'd']], 'rating': [[1], None, None, None]}


def test_an_evaluation_joins_its_batches_first(monkeypatch):
  split_stage = tfma.extractors.Extractor(unbatch_extractor.UNBATCH_EXTRACTOR_STAGE_NAME, beam.Map(lambda _: None))
  monkeypatch.setattr(tfma, 'default_extractors', lambda **unused: [split_stage])
  join, _ = extractors.custom_extractors(None, tfma.EvalConfig(), None)
  batch = {tfma.ARROW_RECORD_BATCH_KEY: pa.RecordBatch.from_pydict({'text': [[b'a']]})}
  with beam.Pipeline() as pipeline:
    sizes = (pipeline | beam.Create([0]) | beam.FlatMap(lambda _: [batch] * 300) | join.ptransform
             | 'Size' >> beam.Map(lambda joined: joined[tfma.ARROW_RECORD_BATCH_KEY].num_rows))
    testing_util.assert_that(sizes, testing_util.equal_to([256, 44]))
