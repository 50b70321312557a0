"""Checks of the statistics of the data: anomalies, labels, and drift from the previous statistics."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2

from models import features

_Anomaly = anomalies_pb2.AnomalyInfo
_DRIFT = (_Anomaly.COMPARATOR_L_INFTY_HIGH, _Anomaly.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH)
# Features in statistics of older versions of this project, and their present names.
_RENAMED = {'length': features.WORD_COUNT_BUCKET}


def find_drift(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, previous: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema) -> list[str]:
  """Compare a split with that of the previous data.

  Args:
    statistics: of the split.
    previous: of the split in the previous data.
    schema: has the drift comparators.

  Returns:
    For each feature beyond its threshold, one sentence of TFDV with the numbers.
  """
  renamed = statistics_pb2.DatasetFeatureStatisticsList.FromString(previous.SerializeToString())
  for feature in (feature for dataset in renamed.datasets for feature in dataset.features):
    feature.path.step[:] = [_RENAMED.get(step, step) for step in feature.path.step]
  found = tfdv.validate_statistics(statistics, schema, previous_statistics=renamed)
  return [
      f'{name}: {info.description}' for name, info in sorted(found.anomaly_info.items())
      if any(reason.type in _DRIFT for reason in info.reason)]


def find_problems(
    anomalies: anomalies_pb2.Anomalies, statistics: statistics_pb2.DatasetFeatureStatisticsList) -> list[str]:
  """Return why a split must not be trained on; empty if it may be.

  Args:
    anomalies: what ExampleValidator found in the split.
    statistics: of the split.
  """
  dataset = statistics.datasets[0] if statistics.datasets else statistics_pb2.DatasetFeatureStatistics()
  if not dataset.num_examples:
    return ['has no reviews']
  reasons = [
      f'{name}: {info.short_description} ({info.description})' for name, info in sorted(anomalies.anomaly_info.items())]
  for feature in dataset.features:
    if tuple(feature.path.step) == (features.LABEL,) and feature.num_stats.min == feature.num_stats.max:
      reasons.append(f'all {dataset.num_examples} reviews have the label {feature.num_stats.min:.0f}')
  return reasons
