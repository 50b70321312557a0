"""DataGate: stops the run where ExampleValidator, which never fails, has found an anomaly."""

import os

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import v1 as tfx
from tfx.types import artifact
from tfx.types import artifact_utils
from tfx.utils import io_utils

_SPLITS = ('train', 'eval', 'test')


class DataBlessing(artifact.Artifact):
  """Says that the examples may be trained on."""

  TYPE_NAME = 'DataBlessing'


@tfx.dsl.components.component
def DataGate(  # pylint: disable=invalid-name
    anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    statistics: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleStatistics],
    blessing: tfx.dsl.components.OutputArtifact[DataBlessing],
    code: tfx.dsl.components.Parameter[str],
) -> None:
  """Refuses data with an anomaly against the schema, an empty split, or a split with one class only.

  Args:
    anomalies: of ExampleValidator.
    statistics: of StatisticsGen.
    blessing: exists when the data passed.
    code: fingerprint of this component's code, part of the cache key.

  Raises:
    ValueError: the data is refused; the message names every reason.
  """
  del code, blessing
  reasons = []
  for split in _SPLITS:
    anomalies_file = os.path.join(artifact_utils.get_split_uri([anomalies], split), 'SchemaDiff.pb')
    statistics_file = os.path.join(artifact_utils.get_split_uri([statistics], split), 'FeatureStats.pb')
    found = anomalies_pb2.Anomalies.FromString(io_utils.read_bytes_file(anomalies_file))
    stats = statistics_pb2.DatasetFeatureStatisticsList.FromString(io_utils.read_bytes_file(statistics_file))
    reasons += [f'{split}: {reason}' for reason in split_reasons(found, stats)]
  if reasons:
    raise ValueError('the data is refused: ' + '; '.join(reasons))


def split_reasons(
    anomalies: anomalies_pb2.Anomalies, statistics: statistics_pb2.DatasetFeatureStatisticsList) -> list[str]:
  """Why a split may not be trained on; empty if it may."""
  dataset = statistics.datasets[0] if statistics.datasets else statistics_pb2.DatasetFeatureStatistics()
  if not dataset.num_examples:
    return ['holds no reviews']
  reasons = [
      f'{name}: {info.short_description} ({info.description})' for name, info in sorted(anomalies.anomaly_info.items())]
  for feature in dataset.features:
    if tuple(feature.path.step) == ('label',) and feature.num_stats.min == feature.num_stats.max:
      reasons.append(f'all {dataset.num_examples} reviews have the label {feature.num_stats.min:.0f}')
  return reasons
