import os
import re

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.common import examples as examples_lib
from components.data_gate import statistics_checks

_SCHEMA = tfdv.load_schema_text(
    os.path.join(os.path.dirname(__file__), '..', '..', 'pipeline', 'schema', 'schema.pbtxt'))


def _statistics(examples, lowest, highest):
  result = statistics_pb2.DatasetFeatureStatisticsList()
  dataset = result.datasets.add(num_examples=examples)
  feature = dataset.features.add()
  feature.path.step.append('label')
  feature.num_stats.min, feature.num_stats.max = lowest, highest
  return result


def _anomalies(**reasons):
  result = anomalies_pb2.Anomalies()
  for name, reason in reasons.items():
    result.anomaly_info[name].short_description = reason
  return result


@pytest.mark.parametrize('anomalies, statistics, expected', [
    (_anomalies(), _statistics(10, 0, 1), []),
    (_anomalies(), _statistics(0, 0, 0), ['has no reviews']),
    (_anomalies(), statistics_pb2.DatasetFeatureStatisticsList(), ['has no reviews']),
    (_anomalies(), _statistics(10, 1, 1), ['all 10 reviews have the label 1']),
    (_anomalies(rating='Out-of-range values'), _statistics(10, 0, 1), ['rating: Out-of-range values ()']),
])
def test_problems_of_a_split(anomalies, statistics, expected):
  assert statistics_checks.find_problems(anomalies, statistics) == expected


def _train(positive, lengths, word_count_bucket='word_count_bucket'):
  """Statistics of 1,000 reviews, a share of them positive, of lengths in words."""
  rows = pd.DataFrame({
      'text': 'a text', 'label': [int(number < 1000 * positive) for number in range(1000)], 'rating': 0,
      word_count_bucket: [
          examples_lib.word_count_bucket(b'word ' * lengths[number % len(lengths)]) for number in range(1000)],
      'review_id': [str(number) for number in range(1000)]})
  return tfdv.generate_statistics_from_dataframe(rows)


@pytest.mark.parametrize('positive, lengths, warnings', [
    (0.5, (50, 200, 300), []),
    (0.55, (60, 210, 500), []),
    (0.7, (50, 200, 300), ['label: The approximate Jensen-Shannon divergence .* is 0.03.*above the threshold 0.007']),
    (0.5, (20, 20, 300), ['word_count_bucket: The Linfty distance .* is 0.66.*above the threshold 0.1']),
])
def test_drift_beyond_the_schemas_thresholds_is_found(positive, lengths, warnings):
  found = statistics_checks.find_drift(_train(positive, lengths), _train(0.5, (50, 200, 300)), _SCHEMA)
  assert len(found) == len(warnings)
  for text, warning in zip(found, warnings):
    assert re.match(warning, text), text


def test_statistics_of_older_versions_are_compared_too():
  old = _train(0.5, (20, 20, 300), word_count_bucket='length')
  drifted, = statistics_checks.find_drift(_train(0.5, (50, 200, 300)), old, _SCHEMA)
  assert drifted.startswith('word_count_bucket: The Linfty distance')


@pytest.mark.parametrize('change, reason', [
    (lambda rows: rows.drop(columns='rating'), 'rating: Column dropped'),
    (lambda rows: rows.assign(colour='blue'), 'colour: New column'),
    (lambda rows: rows.assign(rating=11), 'rating: Out-of-range values'),
])
def test_column_that_is_not_in_the_schema_is_refused(change, reason):
  rows = pd.DataFrame({'text': 'a', 'label': [0, 1], 'rating': 5, 'word_count_bucket': '0-1', 'review_id': ['1', '2']})
  statistics = tfdv.generate_statistics_from_dataframe(change(rows))
  found = statistics_checks.find_problems(tfdv.validate_statistics(statistics, _SCHEMA), statistics)
  assert len(found) == 1 and found[0].startswith(reason)


@pytest.mark.parametrize('words, bucket', [
    (0, b'0-1'), (1, b'0-1'), (2, b'2-3'), (3, b'2-3'), (64, b'64-127'), (1000, b'512-1023')])
def test_word_count_buckets(words, bucket):
  assert examples_lib.word_count_bucket(b' '.join([b'w'] * words)) == bucket
