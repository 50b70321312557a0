"""The lines for the terminal of TFX's own components."""

import functools

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
import tensorflow_transform as tft

from components.common import progress_line
from components.common import token_counts
from models import features
from pipeline.results import metadata


def describe_statistics_gen(execution: metadata.Execution) -> progress_line.Description:
  """Return the share of positive reviews in train and their mean length."""
  statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(
      progress_line.read_split_file(execution, 'statistics', features.TRAIN, 'FeatureStats.pb'))
  by_name = {feature.path.step[0]: feature for feature in statistics.datasets[0].features}
  if not by_name:
    return progress_line.Description('train has no reviews', warning=True)
  text = by_name[features.TEXT]
  mean_bytes = text.bytes_stats.avg_num_bytes or text.string_stats.avg_length
  return progress_line.Description(
      f'train: {by_name[features.LABEL].num_stats.mean:.1%} positive, mean length {mean_bytes:,.0f} bytes')


def anomaly_count(execution: metadata.Execution) -> int:
  """Return the number of features with an anomaly that ExampleValidator found, over all splits."""
  return sum(
      len(anomalies_pb2.Anomalies.FromString(
          progress_line.read_split_file(execution, 'anomalies', split, 'SchemaDiff.pb')).anomaly_info)
      for split in features.SPLITS)


def describe_example_validator(execution: metadata.Execution) -> progress_line.Description:
  """Return the number of anomalies."""
  count = anomaly_count(execution)
  if not count:
    return progress_line.Description('no anomalies')
  return progress_line.Description(progress_line.count_noun(count, 'anomaly', 'anomalies'), warning=True)


def describe_previous_statistics(execution: metadata.Execution) -> progress_line.Description:
  """Return whether there are statistics of previous data to compare with."""
  return progress_line.Description(
      'statistics of the previous data' if execution.outputs.get('previous') else 'no previous data')


def describe_transform(execution: metadata.Execution) -> progress_line.Description:
  """Return the size of the vocabulary and the share of the words in eval that it lacks."""
  size = tft.TFTransformOutput(execution.uri('transform_graph')).vocabulary_size_by_name(features.VOCABULARY)
  share = _oov_share(progress_line.split_path(execution, 'transformed_examples', features.EVAL, '*'), size)
  return progress_line.Description(f'vocabulary {size:,}, {share:.1%} of the words in eval out of vocabulary (OOV)')


@functools.lru_cache(maxsize=8)
def _oov_share(pattern: str, size: int) -> float:
  counts = token_counts.count_tokens(pattern, size)
  words = counts[features.OOV_ID:].sum()
  return counts[features.OOV_ID] / words if words else 0.0
