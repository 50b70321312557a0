import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.data_gate import component


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
    (_anomalies(), _statistics(0, 0, 0), ['holds no reviews']),
    (_anomalies(), statistics_pb2.DatasetFeatureStatisticsList(), ['holds no reviews']),
    (_anomalies(), _statistics(10, 1, 1), ['all 10 reviews have the label 1']),
    (_anomalies(rating='Out-of-range values'), _statistics(10, 0, 1), ['rating: Out-of-range values ()']),
])
def test_what_is_refused(anomalies, statistics, expected):
  assert component.split_reasons(anomalies, statistics) == expected
