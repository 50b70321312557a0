"""The decision threshold: how it is chosen on eval, and how it travels with a pushed model."""

import json
import os

import numpy as np
import pytest
from sklearn import metrics
from tfx import v1 as tfx

from components.common import artifacts
from components.common import decision
from components.common import examples as examples_lib
from components.common import review_scores
from components.decision_threshold import component
from components.decision_threshold import executor
from components.decision_threshold import progress_line
from components.decision_threshold import target as target_lib
from components.versioned_pusher import executor as pusher_executor
from pipeline import config
from pipeline import pipeline
from tests.serving import linear_model

_LABELS = np.random.default_rng(0).integers(0, 2, 1000)
# Some scores occur several times.
_SCORES = np.round(1 / (1 + np.exp(1.2 - 2.4 * _LABELS + np.random.default_rng(1).normal(0, 1.5, 1000))), 2)


def _predictions(text):
  threshold = target_lib.choose_threshold(_SCORES, _LABELS, target_lib.parse(text))
  return threshold, [decision.is_positive(score, threshold) for score in _SCORES]


def _every_prediction():
  return [_SCORES > threshold for threshold in np.arange(0.005, 1, 0.01)]


@pytest.mark.parametrize('text, is_met, merit', [
    ('precision>=0.9', lambda found: metrics.precision_score(_LABELS, found, zero_division=0) >= 0.9,
     lambda found: metrics.recall_score(_LABELS, found)),
    ('recall >= .8', lambda found: metrics.recall_score(_LABELS, found) >= 0.8,
     lambda found: metrics.precision_score(_LABELS, found, zero_division=0)),
    ('f1', lambda found: True, lambda found: metrics.f1_score(_LABELS, found)),
    ('F0.5', lambda found: True, lambda found: metrics.fbeta_score(_LABELS, found, beta=0.5, zero_division=0)),
    ('cost=5:1', lambda found: True, lambda found: -(5 * sum(found > _LABELS) + sum(found < _LABELS))),
])
def test_no_other_threshold_meets_the_target_better(text, is_met, merit):
  threshold, chosen = _predictions(text)
  chosen = np.array(chosen)
  assert 0 < threshold < 1 and threshold not in _SCORES and is_met(chosen)
  assert merit(chosen) == pytest.approx(max(merit(found) for found in _every_prediction() if is_met(found)))


def test_an_unreachable_target_keeps_the_default():
  record = executor.decide('precision>=0.99', np.array([0.9, 0.9, 0.1]), np.array([0, 1, 0]))
  assert record == {'target': 'precision>=0.99', 'threshold': 0.5, 'reached': False}
  assert executor.decide('recall>=1', np.array([0.9, 0.0]), np.array([1, 1]))['reached'] is False


@pytest.mark.parametrize('text, message', [
    ('precision', 'decision must be precision>=P'), ('precision>=0', 'precision must be above 0 and at most 1'),
    ('recall>=95', 'recall must be above 0 and at most 1'), ('f0', 'its numbers must be above 0'),
    ('cost=1', 'such as cost=5:1'), ('cost=0:1', 'above 0'), ('accuracy>=.9', 'decision must be')])
def test_a_malformed_target_is_refused(text, message):
  with pytest.raises(ValueError, match=message):
    target_lib.parse(text)


@pytest.fixture(name='artifact')
def _artifact(tmp_path):
  """The decision artifact of the linear model, made by the executor."""
  os.makedirs(tmp_path / 'examples' / 'Split-eval')
  with examples_lib.tf.io.TFRecordWriter(str(tmp_path / 'examples' / 'Split-eval' / 'a.gz'), 'GZIP') as writer:
    for text, label in ('good', 1), ('bad', 0), ('hours', 1), ('not', 0):
      writer.write(examples_lib.encode_example(text.encode(), label, review_id=text).SerializeToString())
  os.makedirs(tmp_path / 'evaluation')
  review_scores.write_scores([review_scores.ReviewScores(
      np.array(['a', 'b'], object), np.array([1, 2], np.uint64), np.array([1, 0]), np.array([0.88, 0.73], np.float32))],
                             str(tmp_path / 'evaluation' / review_scores.FILE))
  linear_model.save(tmp_path / 'model', 'Format-Serving')
  inputs = {'model': [tfx.types.standard_artifacts.Model()], 'examples': [tfx.types.standard_artifacts.Examples()],
            'evaluation': [tfx.types.standard_artifacts.ModelEvaluation()]}
  for name, (source,) in inputs.items():
    source.uri = str(tmp_path / name)
  output = artifacts.Decision()
  output.uri = str(tmp_path / 'decision')
  node = component.DecisionThreshold(
      *(tfx.dsl.Channel(type=type(source)) for source, in inputs.values()), target='recall>=1', code='')
  executor.Executor().Do(inputs, {'decision': [output]}, dict(node.exec_properties))
  return output


def test_it_is_chosen_on_eval_and_measured_on_test(artifact):
  record = pusher_executor.read_decision({'decision': [artifact]})[decision.RECORD]
  # On eval: good .88 and hours .27 are positive, not .5 and bad .05 are not.
  low, high = linear_model.probability('bad'), linear_model.probability('hours')
  assert record['threshold'] == pytest.approx((low + high) / 2, abs=1e-6) and record['reached']
  assert record['figures']['eval']['matrix'] == {'tp': 2, 'tn': 1, 'fp': 1, 'fn': 0}
  assert record['figures']['test']['matrix'] == {'tp': 1, 'tn': 0, 'fp': 1, 'fn': 0}
  assert record['figures']['test']['metrics'] == {'binary_accuracy': 0.5, 'precision': 0.5, 'recall': 1}
  assert record['figures']['eval']['intervals'].keys() == {'binary_accuracy', 'precision', 'recall'}
  assert artifact.get_float_custom_property('threshold') == record['threshold']
  with open(os.path.join(artifact.uri, decision.FILE), encoding='utf-8') as file:
    assert json.load(file) == record


class _Execution:
  """What the terminal's line is read from."""

  def __init__(self, **values):
    self._values = values

  def value(self, unused_key, name):
    return self._values[name]


def test_the_terminal_says_whether_the_target_is_reached():
  line = progress_line.describe(_Execution(threshold=0.73128, target='f1', reached=1))
  assert line == ('positive above 0.7313, chosen on eval for f1', False)
  line = progress_line.describe(_Execution(threshold=0.5, target='precision>=1', reached=0))
  assert line.warning and 'no threshold reaches precision>=1 on eval: 0.5 is kept' in line.text


def test_versions_without_a_threshold_have_the_default():
  assert decision.recorded_threshold({}) == decision.recorded_threshold({'decision': None}) == 0.5
  assert decision.recorded_threshold({'decision': {'threshold': 0.7}}) == 0.7


def test_another_target_neither_trains_nor_evaluates_again():
  first, second, none = (
      {node.id: (dict(node.exec_properties), set(node.inputs)) for node in pipeline.create_pipeline(
          config.PipelineConfig(data='reviews.csv', output_dir='output', decision=target)).components}
      for target in ('f1', 'f2', None))
  assert {name for name in first if first[name] != second[name]} == {'DecisionThreshold'}
  assert {name for name in none if none[name] != first[name]} == {'ModelCardGen', 'Pusher'}
