"""DataGate: stops the run if ExampleValidator, which never fails, has found an anomaly."""

import os

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx import v1 as tfx
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.common import artifacts
from models import features

_Anomaly = anomalies_pb2.AnomalyInfo
_DRIFT = (_Anomaly.COMPARATOR_L_INFTY_HIGH, _Anomaly.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH)
# Features in statistics of older versions of this project, and their present names.
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
  """Refuse data with an anomaly against the schema, an empty split, or a split of one class only.

  Drift from the previous data beyond the schema's drift comparators is a warning and not a refusal, because what
  people write about does change.

  Args:
    anomalies: what ExampleValidator found.
    statistics: statistics of the data, by StatisticsGen.
    schema: the schema, with drift comparators.
    blessing: exists if the data passed; its custom property `drift` holds the warnings, or nothing.
    code: fingerprint of this component's code, part of the cache key.
    previous_statistics: statistics of the previous data, or None.

  Raises:
    ValueError: the data is refused; the message names every reason.
  """
  del code
  reasons = []
  for split in features.SPLITS:
    anomalies_file = os.path.join(artifact_utils.get_split_uri([anomalies], split), 'SchemaDiff.pb')
    found = anomalies_pb2.Anomalies.FromString(io_utils.read_bytes_file(anomalies_file))
    reasons += [f'{split}: {reason}' for reason in find_problems(found, _read_statistics(statistics, split))]
  if reasons:
    raise ValueError('the data is refused: ' + '; '.join(reasons))
  warnings = []
  if previous_statistics is not None:
    curated = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema.uri))
    warnings = find_drift(
        _read_statistics(statistics, features.TRAIN), _read_statistics(previous_statistics, features.TRAIN), curated)
  blessing.set_string_custom_property('drift', '; '.join(warnings))


def _read_statistics(statistics: types.Artifact, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
  path = os.path.join(artifact_utils.get_split_uri([statistics], split), 'FeatureStats.pb')
  return statistics_pb2.DatasetFeatureStatisticsList.FromString(io_utils.read_bytes_file(path))


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
