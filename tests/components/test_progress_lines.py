"""The lines by which components describe their outputs on the terminal."""

import json

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.behaviour_validator import progress_line as behaviour_validator
from components.common import progress_line
from components.data_gate import progress_line as data_gate
from components.evaluator import progress_line as evaluator
from components.imdb_example_gen import progress_line as imdb_example_gen
from components.report import progress_line as report
from components.serving_validator import progress_line as serving_validator
from components.trainer import progress_line as trainer
from components.tuner import progress_line as tuner
from components.versioned_pusher import progress_line as versioned_pusher
from components.word_vectors import progress_line as word_vectors
from pipeline.results import progress_lines
from pipeline.results import tfx_progress_lines


class _Execution:
  """An execution whose only output is a directory with custom properties."""

  def __init__(self, directory='', properties=None, **values):
    self._directory, self._values, self.outputs, self.properties = str(directory), values, {}, properties or {}

  def uri(self, key):
    del key
    return self._directory

  def value(self, key, name):
    del key
    return self._values.get(name)


_COUNTS = {'train': 22_500, 'eval': 2_500, 'test': 25_000}
_RATES = {'invariance': 0.974, 'direction': 1.0, 'negation': 0.125, 'minimum_functionality': 0.9}
_SERVING = {'load_seconds': 1.234, 'p50_ms': 1.12, 'p99_ms': 2.4, 'memory_mb': 981.4}


@pytest.mark.parametrize('describe, values, expected', [
    (imdb_example_gen, _COUNTS, 'train 22,500, eval 2,500, test 25,000'),
    (imdb_example_gen, {**_COUNTS, 'unlabeled': 50_000, 'leaked': 1_200, 'contradicting': 1, 'cleaned': 2},
     'train 22,500, eval 2,500, test 25,000, unlabeled 50,000, 1,200 cross-split duplicates dropped, '
     '1 text with both labels, 2 texts with invalid bytes replaced'),
    (imdb_example_gen, {**_COUNTS, 'leaked': 1},
     'train 22,500, eval 2,500, test 25,000, 1 cross-split duplicate dropped'),
    (data_gate, {}, 'data checks passed'),
    (data_gate, {'served_accuracy': 0.8812, 'domain_auc': 0.531, 'oov_share': 0.024, 'previous_oov_share': 0.0201},
     'data checks passed, served model: accuracy 0.881, OOV 2.4% (previous data 2.0%), '
     'new against previous texts: AUC 0.53'),
    (word_vectors, {'dimension': 100, 'vocabulary_coverage': 0.987, 'token_coverage': 0.9954},
     '100 dimensions, covering 98.7% of the vocabulary, 99.5% of the words in train'),
    (word_vectors, {'dimension': 9, 'vocabulary_coverage': 1.0, 'token_coverage': 0.9, 'learned': 1},
     '9 dimensions, learned from the reviews, covering 100.0% of the vocabulary, 90.0% of the words in train'),
    (trainer, {'step': 1_500, 'accuracy': 0.91234, 'average_loss': 0.25},
     'best checkpoint: step 1,500, eval accuracy 0.9123, eval loss 0.2500'),
    (serving_validator, {'blessed': 1, **_SERVING}, 'loads in 1.2 s, p50 1.1 ms, p99 2.4 ms, peak memory 981 MB'),
    (serving_validator, {'blessed': 1, **_SERVING, 'cpu_ratio': 1.21, 'memory_ratio': 0.98},
     'loads in 1.2 s, p50 1.1 ms, p99 2.4 ms, peak memory 981 MB; '
     '1.2 times the CPU time and 1.0 times the memory of the served model'),
    (serving_validator, {'blessed': 1, **_SERVING, 'not_compared': 'loading the model: no such file'},
     'loads in 1.2 s, p50 1.1 ms, p99 2.4 ms, peak memory 981 MB; '
     'not compared with the served model: loading the model: no such file'),
    (serving_validator, {'blessed': 1}, 'TensorFlow Serving loads it and answers'),
    (behaviour_validator, {'blessed': 1, **_RATES},
     'invariance 97%, direction 100%, negation 12%, minimum functionality 90%'),
    (versioned_pusher, {'pushed': 1, 'pushed_destination': '/out/1000'}, '/out/1000'),
])
def test_description_has_the_numbers_and_no_warning(describe, values, expected):
  assert describe.describe(_Execution(**values)) == (expected, False)


@pytest.mark.parametrize('describe, values, expected', [
    (imdb_example_gen,
     {**_COUNTS, 'other_files': 2, 'bad_rows': 3, 'bad_row_examples': 'a.csv, row 1: x\na.csv, row 7: y'},
     'train 22,500, eval 2,500, test 25,000, 2 other files ignored, WARNING: 3 bad rows dropped: a.csv, row 1: x; '
     'a.csv, row 7: y; ...'),
    (data_gate, {'drift': 'label: 0.3'}, 'data checks passed; WARNING: drift from the previous data: label: 0.3'),
    (serving_validator, {'blessed': 0, 'reason': 'crashed'}, 'REFUSED: crashed'),
    (behaviour_validator, {'blessed': 1, 'limits': 'does not read negation', **_RATES},
     'LIMIT: does not read negation; invariance 97%, direction 100%, negation 12%, minimum functionality 90%'),
    (behaviour_validator, {'blessed': 0, 'reason': 'too low\nand more', **_RATES},
     'REFUSED: too low (and 1 more reason); invariance 97%, direction 100%, negation 12%, minimum functionality 90%'),
])
def test_refusal_or_drift_is_a_warning(describe, values, expected):
  assert describe.describe(_Execution(**values)) == (expected, True)


def test_model_that_is_not_pushed_names_the_live_version(tmp_path):
  execution = _Execution(properties={'destination': str(tmp_path / 'serving')}, pushed=0, reason='refused by Evaluator')
  assert versioned_pusher.describe(execution) == ('Not pushed; no version is live: refused by Evaluator', True)
  (tmp_path / 'serving' / '17').mkdir(parents=True)
  assert versioned_pusher.describe(execution) == (
      'Not pushed; version 17 is still live: refused by Evaluator', True)


@pytest.mark.parametrize('failures, expected', [
    ([], 'blessed'), (['auc is low'], 'NOT blessed: auc is low'),
    (['auc is low', 'b'], 'NOT blessed: auc is low (and 1 more reason)'),
    (['auc is low', 'b', 'c'], 'NOT blessed: auc is low (and 2 more reasons)')])
def test_evaluation_names_the_first_failure(monkeypatch, failures, expected):
  class Evaluation:
    metrics = {'binary_accuracy': 0.9, 'auc': 0.96}
    blessed = not failures
    comparison = None

  Evaluation.failures = failures
  monkeypatch.setattr(evaluator.evaluation_results, 'load_evaluation', lambda uri: Evaluation)
  assert evaluator.describe(_Execution()) == (f'test: accuracy 0.9000, AUC 0.9600, {expected}', bool(failures))


def test_tuner_shows_the_best_trial(tmp_path):
  trials = [{'trial_id': 'b', 'score': 0.3, 'learning_rate': 0.00123456, 'filters': 64},
            {'trial_id': 'a', 'score': 0.4}]
  (tmp_path / 'tuner_results.json').write_text(json.dumps(trials))
  assert tuner.describe(_Execution(tmp_path)).text == (
      'best of 2 trials: eval loss 0.3000, filters=64, learning_rate=0.00123')


def test_report_counts_errors(tmp_path):
  (tmp_path / 'report.json').write_text(json.dumps({'errors': {'wrong': 1_080, 'scored': 2_000}}))
  assert report.describe(_Execution(tmp_path)).text == (
      '1,080 errors in 2,000 test reviews, the most confident ones explained')


@pytest.mark.parametrize('counts, expected', [
    ((0, 0, 0), 'no anomalies'), ((0, 1, 0), '1 anomaly'), ((1, 0, 1), '2 anomalies')])
def test_anomalies_are_counted_over_all_splits(tmp_path, counts, expected):
  for split, count in zip(('train', 'eval', 'test'), counts):
    anomalies = anomalies_pb2.Anomalies()
    for number in range(count):
      anomalies.anomaly_info[f'feature {number}'].description = 'odd'
    (tmp_path / f'Split-{split}').mkdir()
    (tmp_path / f'Split-{split}' / 'SchemaDiff.pb').write_bytes(anomalies.SerializeToString())
  execution = _Execution(tmp_path)
  assert tfx_progress_lines.describe_example_validator(execution) == (expected, sum(counts) > 0)


def test_statistics_show_the_balance_and_the_length(tmp_path):
  dataset = statistics_pb2.DatasetFeatureStatistics()
  label, text = dataset.features.add(), dataset.features.add()
  label.path.step.append('label')
  label.num_stats.mean = 0.25
  text.path.step.append('text')
  text.string_stats.avg_length = 1_310.4
  (tmp_path / 'Split-train').mkdir()
  (tmp_path / 'Split-train' / 'FeatureStats.pb').write_bytes(
      statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset]).SerializeToString())
  assert tfx_progress_lines.describe_statistics_gen(_Execution(tmp_path)).text == (
      'train: 25.0% positive, mean length 1,310 bytes')


def test_node_without_a_description_has_an_empty_line():
  assert progress_lines.describe_node('Other', _Execution()) == progress_line.Description('')
