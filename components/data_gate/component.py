"""DataGate: stops the run where ExampleValidator, which never fails, has found an anomaly."""

import os

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import v1 as tfx
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.common import artifacts
from models import features

_Anomaly = anomalies_pb2.AnomalyInfo
_DRIFT = (_Anomaly.COMPARATOR_L_INFTY_HIGH, _Anomaly.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH)
# Features of statistics that older versions of this project wrote, and their names of today.
_RENAMED = {'length': features.WORD_COUNT_BUCKET}


@tfx.dsl.components.component
def DataGate(  # pylint: disable=invalid-name
    anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    statistics: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleStatistics],
    schema: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Schema],
    blessing: tfx.dsl.components.OutputArtifact[artifacts.DataBlessing],
    code: tfx.dsl.components.Parameter[str],
    previous_statistics: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleStatistics] = None,
) -> None:
  """Refuses data with an anomaly against the schema, an empty split, or a split with one class only.

  A drift away from the data before, beyond the schema's drift comparators, is an alarm and no refusal: what people
  write about does change.

  Args:
    anomalies: of ExampleValidator.
    statistics: of StatisticsGen.
    schema: with the drift comparators.
    blessing: exists when the data passed; its custom property `drift` holds the alarms, or nothing.
    code: fingerprint of this component's code, part of the cache key.
    previous_statistics: of the previous data, or None.

  Raises:
    ValueError: the data is refused; the message names every reason.
  """
  del code
  reasons = []
  for split in features.SPLITS:
    anomalies_file = os.path.join(artifact_utils.get_split_uri([anomalies], split), 'SchemaDiff.pb')
    found = anomalies_pb2.Anomalies.FromString(io_utils.read_bytes_file(anomalies_file))
    reasons += [f'{split}: {reason}' for reason in split_reasons(found, _read(statistics, split))]
  if reasons:
    raise ValueError('the data is refused: ' + '; '.join(reasons))
  alarms = []
  if previous_statistics is not None:
    curated = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema.uri))
    alarms = drift(_read(statistics, features.TRAIN), _read(previous_statistics, features.TRAIN), curated)
  blessing.set_string_custom_property('drift', '; '.join(alarms))


def _read(statistics, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
  path = os.path.join(artifact_utils.get_split_uri([statistics], split), 'FeatureStats.pb')
  return statistics_pb2.DatasetFeatureStatisticsList.FromString(io_utils.read_bytes_file(path))


def drift(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, former: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema) -> list[str]:
  """What TFDV finds beyond the schema's drift comparators, one sentence with the numbers for each feature."""
  renamed = statistics_pb2.DatasetFeatureStatisticsList.FromString(former.SerializeToString())
  for feature in (feature for dataset in renamed.datasets for feature in dataset.features):
    feature.path.step[:] = [_RENAMED.get(step, step) for step in feature.path.step]
  found = tfdv.validate_statistics(statistics, schema, previous_statistics=renamed)
  return [
      f'{name}: {info.description}' for name, info in sorted(found.anomaly_info.items())
      if any(reason.type in _DRIFT for reason in info.reason)]


def split_reasons(
    anomalies: anomalies_pb2.Anomalies, statistics: statistics_pb2.DatasetFeatureStatisticsList) -> list[str]:
  """Why a split may not be trained on; empty if it may."""
  dataset = statistics.datasets[0] if statistics.datasets else statistics_pb2.DatasetFeatureStatistics()
  if not dataset.num_examples:
    return ['holds no reviews']
  reasons = [
      f'{name}: {info.short_description} ({info.description})' for name, info in sorted(anomalies.anomaly_info.items())]
  for feature in dataset.features:
    if tuple(feature.path.step) == (features.LABEL,) and feature.num_stats.min == feature.num_stats.max:
      reasons.append(f'all {dataset.num_examples} reviews have the label {feature.num_stats.min:.0f}')
  return reasons
