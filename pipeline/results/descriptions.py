"""One fact per component, and the outcome of a run: numbers read from the artifacts, for the terminal."""

import functools
import glob
import json
import os
from typing import Optional

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.behaviour_validator import cases
from components.common import evaluation_results
from components.imdb_example_gen import executor
from components.imdb_example_gen import readers
from components.report import executor as report_executor
from models import features
from models import hparams
from pipeline.results import metadata


def split_counts(example_gen: metadata.Execution) -> dict[str, int]:
  """Reviews per split."""
  return {split: example_gen.value('examples', split) for split in readers.SPLITS}


def anomaly_count(validator: metadata.Execution) -> int:
  """Features with an anomaly, over all splits."""
  return sum(
      len(anomalies_pb2.Anomalies.FromString(_bytes(validator, 'anomalies', split, 'SchemaDiff.pb')).anomaly_info)
      for split in readers.SPLITS)


def drift(data_gate: metadata.Execution) -> str:
  """How train has changed since the data before, where that is beyond the schema's limits; else empty."""
  return data_gate.value('blessing', 'drift') or ''


def validation(evaluator: metadata.Execution) -> evaluation_results.Evaluation:
  """Metrics on test against thresholds and baseline."""
  return evaluation_results.load(evaluator.uri('evaluation'))


def fact(component: str, execution: metadata.Execution) -> str:
  """The one thing worth knowing of a component's outputs; empty where there is none."""
  describe = _FACTS.get(component)
  return describe(execution) if describe else ''


def _example_gen(execution):
  facts = [f'{split} {count:,}' for split, count in split_counts(execution).items()]
  if execution.value("examples", readers.UNLABELED):
    facts.append(f'{readers.UNLABELED} {execution.value("examples", readers.UNLABELED):,}')
  for name, text in _REMARKS.items():
    count = execution.value('examples', name)
    if count:
      facts.append(text.format(count))
  return ', '.join(facts)


_REMARKS = {
    executor.CROSS_SPLIT_DUPLICATES: '{:,} left out (the same text is in another split)',
    executor.CONTRADICTING: '{:,} texts with both labels',
    executor.CLEANED: '{:,} with bytes that are no UTF-8, replaced',
}


def _statistics(execution):
  stats = statistics_pb2.DatasetFeatureStatisticsList.FromString(
      _bytes(execution, 'statistics', 'train', 'FeatureStats.pb'))
  found = {feature.path.step[0]: feature for feature in stats.datasets[0].features}
  if not found:
    return 'no reviews in train'
  return (f'train: {found[features.LABEL].num_stats.mean:.1%} positive, '
          f'{found[features.TEXT].bytes_stats.avg_num_bytes or found[features.TEXT].string_stats.avg_length:,.0f} '
          'bytes per review')


def _validator(execution):
  count = anomaly_count(execution)
  return f'{count} anomalies' if count else 'no anomalies'


def _data_gate(execution):
  found = drift(execution)
  return 'the data may be trained on' + (f'; DRIFT since the data before: {found}' if found else '')


def _transform(execution):
  size = tft.TFTransformOutput(execution.uri('transform_graph')).vocabulary_size_by_name(features.VOCABULARY)
  counts = _id_counts(metadata.split_file(execution, 'transformed_examples', 'eval', '*'))
  words = counts[features.OOV_ID:].sum()
  share = counts[features.OOV_ID] / words if words else 0.0
  return f'vocabulary {size:,}, {share:.1%} of the words in eval are out of it'


@functools.lru_cache(maxsize=8)
def _id_counts(pattern: str) -> np.ndarray:
  """How often each token id occurs in the transformed examples of a split."""
  spec = {features.TOKENS: tf.io.VarLenFeature(tf.int64)}
  counts = np.zeros(features.OOV_ID + 2, np.int64)
  for batch in tf.data.TFRecordDataset(sorted(glob.glob(pattern)), 'GZIP').batch(1024):
    ids = tf.io.parse_example(batch, spec)[features.TOKENS].values.numpy()
    counts += np.bincount(np.minimum(ids, features.OOV_ID + 1), minlength=len(counts))
  return counts


def _word_vectors(execution):
  value = functools.partial(execution.value, 'word_vectors')
  return (f'{value("dimension")} dimensions, {value("vocabulary_coverage"):.1%} of the vocabulary, '
          f'{value("token_coverage"):.1%} of the words in train')


def _tuner(execution):
  with tf.io.gfile.GFile(os.path.join(execution.uri('tuner_results'), 'tuner_results.json')) as file:
    trials = json.load(file)  # the best one first
  best = {key: value for key, value in trials[0].items() if key not in ('trial_id', 'score')}
  return f'best of {len(trials)} trials: loss {trials[0]["score"]:.4f} on eval, {hparams.describe(best)}'


def _trainer(execution):
  value = functools.partial(execution.value, 'model')
  return f'best on eval: accuracy {value("accuracy"):.4f}, loss {value("average_loss"):.4f}, at step {value("step")}'


def _resolver(execution):
  models = execution.outputs.get('model')
  return f'baseline: model {models[0].id}' if models else 'no baseline: no other model was blessed yet'


def _evaluator(execution):
  found = validation(execution)
  verdict = 'blessed'
  if not found.blessed:
    more = f' (and {len(found.failures) - 1} more reasons)' if len(found.failures) > 1 else ''
    verdict = f'NOT blessed: {found.failures[0]}{more}'
  return f'test: accuracy {found.metrics["binary_accuracy"]:.4f}, AUC {found.metrics["auc"]:.4f}, {verdict}'


def _serving_validator(execution):
  if not execution.value('blessing', 'blessed'):
    return f'REFUSED: {execution.value("blessing", "reason")}'
  value = functools.partial(execution.value, 'blessing')
  if value('load_seconds') is None:  # by TFX's InfraValidator
    return 'TensorFlow Serving answers with it'
  return (f'loads in {value("load_seconds"):.1f} s, {value("p50_ms"):.1f} ms a review (p99 {value("p99_ms"):.1f}), '
          f'{value("memory_mb"):,.0f} MB')


def _behaviour_validator(execution):
  rates = ', '.join(f'{name.replace("_", " ")} {rate:.0%}' for name, rate in pass_rates(execution).items())
  return rates if execution.value('report', 'blessed') else f'REFUSED: {execution.value("report", "reason")}; {rates}'


def pass_rates(behaviour_validator: metadata.Execution) -> dict[str, float]:
  """Share of the behaviour tests passed, by capability."""
  return {name: behaviour_validator.value('report', name) for name in cases.CAPABILITIES}


def refusals(store: metadata.Store) -> list[str]:
  """Why the latest model may not be pushed; empty if it may."""
  result = validation(store.latest_execution('Evaluator')).failures
  for component, key in (('ServingValidator', 'blessing'), ('BehaviourValidator', 'report')):
    execution = store.latest_execution(component)
    if not execution.value(key, 'blessed'):
      result.append(str(execution.value(key, 'reason') or component))
  return result


def pushed_path(pusher: metadata.Execution) -> Optional[str]:
  """Where the model was pushed; None if it was not."""
  return pusher.value('pushed_model', 'pushed_destination') if pusher.value('pushed_model', 'pushed') else None


def _pusher(execution):
  return pushed_path(execution) or f'nothing pushed: {execution.value("pushed_model", "reason")}'


def _report(execution):
  with tf.io.gfile.GFile(os.path.join(execution.uri('report'), report_executor.FACTS)) as file:
    found = json.load(file)['mistakes']
  return f'{found["wrong"]:,} mistakes in {found["scored"]:,} reviews of test, the surest explained'


def _bytes(execution: metadata.Execution, key: str, split: str, name: str) -> bytes:
  with tf.io.gfile.GFile(metadata.split_file(execution, key, split, name), 'rb') as file:
    return file.read()


_FACTS = {
    'ImdbExampleGen': _example_gen,
    'StatisticsGen': _statistics,
    'ExampleValidator': _validator,
    'ImportSchemaGen': lambda execution: 'curated: pipeline/schema/schema.pbtxt',
    'PreviousStatistics': lambda execution: (
        'statistics of the previous data' if execution.outputs.get('previous') else 'no previous data'),
    'DataGate': _data_gate,
    'Transform': _transform,
    'WordVectors': _word_vectors,
    'Tuner': _tuner,
    'Trainer': _trainer,
    'Resolver': _resolver,
    'Evaluator': _evaluator,
    'ComparisonEvaluator': _evaluator,
    'ServingValidator': _serving_validator,
    'BehaviourValidator': _behaviour_validator,
    'ModelCardGen': lambda execution: os.path.join(execution.uri('card'), 'model_card.html'),
    'Pusher': _pusher,
    'ReportGen': _report,
}
