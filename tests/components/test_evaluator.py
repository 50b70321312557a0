"""What an evaluation of whole batches can measure, and what the component refuses."""

import json
import logging
import pickle

import apache_beam as beam
from apache_beam.testing import util
from google.protobuf import json_format
from google.protobuf import message
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from components.evaluator import component
from components.evaluator import extractors
from components.evaluator import score_writer
from components.evaluator import supported_metrics
from pipeline import evaluation

_SIZE = 60
_SETTINGS = {'CalibrationPlot': {'num_buckets': 10}, 'ConfusionMatrixAtThresholds': {'thresholds': [0.3, 0.5]}}


def _eval_config(names, weighted):
  metrics = []
  for name in names:
    module, _, class_name = name.rpartition('.')
    metrics.append(tfma.MetricConfig(
        module=module, class_name=class_name, config=json.dumps({'name': name, **_SETTINGS.get(name, {})})))
  return tfma.EvalConfig(
      model_specs=[tfma.ModelSpec()], slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=['rating'])],
      metrics_specs=[tfma.MetricsSpec(
          metrics=metrics, example_weights=tfma.ExampleWeightOptions(weighted=True) if weighted else None)])


def _batches(size):
  random = np.random.default_rng(0)
  columns = (random.integers(0, 2, (_SIZE, 1)), random.random((_SIZE, 1)).astype(np.float32),
             random.integers(1, 3, (_SIZE, 1)))
  for start in range(0, _SIZE, size):
    labels, predictions, rating = (column[start:start + size] for column in columns)
    yield {'labels': labels, 'predictions': predictions, 'features': {'rating': rating}}


def _measure(config, size, path):
  """Evaluate batches of a size; returns metrics and plots by their name, then by slice."""
  config = tfma.utils.update_eval_config_with_defaults(config)
  evaluator = tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config)

  def keep(results):  # runs in a worker of Beam
    with open(path, 'ab') as file:
      pickle.dump([(slice_key, {key.name: value for key, value in values.items()}) for slice_key, values in results],
                  file)

  with beam.Pipeline() as pipeline:
    results = (
        pipeline | beam.Create(list(_batches(size)))
        | beam.FlatMap(extractors.by_slice, list(config.slicing_specs))
        | evaluator.stage_name >> evaluator.ptransform)
    for kind in ('metrics', 'plots'):
      util.assert_that(results[kind], keep, label=kind)
  found = {}
  with open(path, 'rb') as file:
    for _ in range(2):
      for slice_key, values in pickle.load(file):
        for name, value in values.items():
          found.setdefault(name, {})[slice_key] = value
  return found


@pytest.fixture(scope='module', name='measured')
def _measured(tmp_path_factory):
  """(of single reviews, of batches) by whether weights are used: the supported metrics, and WEIGHTED without them."""
  top = tmp_path_factory.mktemp('measured')
  result = {}
  for key, names, weighted in (('unweighted', supported_metrics.UNWEIGHTED | supported_metrics.WEIGHTED, False),
                               ('weighted', supported_metrics.WEIGHTED, True)):
    config = _eval_config(sorted(names), weighted)
    result[key] = tuple(_measure(config, size, top / f'{key}-{size}') for size in (1, 25))
  return result


def _is_same(one, other):
  if isinstance(one, message.Message):
    one, other = json_format.MessageToDict(one), json_format.MessageToDict(other)  # in which NaN is equal to NaN
  if hasattr(one, '_asdict') or hasattr(one, '__dict__'):
    one, other = (value._asdict() if hasattr(value, '_asdict') else vars(value) for value in (one, other))
  if isinstance(one, dict):
    return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
  if isinstance(one, (list, tuple)):
    return len(one) == len(other) and all(map(_is_same, one, other))
  if isinstance(one, (int, float, np.number, np.ndarray)):
    return np.allclose(one, other, rtol=1e-6, equal_nan=True)
  return one == other


def _agrees(measured, name):
  """Whether a metric is the same for batches as it is for single reviews, in every slice."""
  single, batched = (found[name] for found in measured)
  assert single.keys() == {(), (('rating', 1),), (('rating', 2),)}
  return _is_same(single, batched)


@pytest.mark.parametrize('name', sorted(supported_metrics.UNWEIGHTED))
def test_unweighted_metric_is_that_of_single_reviews(name, measured):
  assert _agrees(measured['unweighted'], name)


@pytest.mark.parametrize('name', sorted(supported_metrics.WEIGHTED))
def test_weighted_metric_is_that_of_single_reviews(name, measured):
  assert _agrees(measured['weighted'], name)
  assert not _agrees(measured['unweighted'], name)


def _evaluator(config):
  examples, model = (tfx.dsl.Channel(type=kind) for kind in (
      tfx.types.standard_artifacts.Examples, tfx.types.standard_artifacts.Model))
  return component.CheckedEvaluator(examples, model, config, 'test', 'code')


@pytest.mark.parametrize('name, weighted, message', [
    ('ExampleCount', False, 'metric ExampleCount: wrong without example weights: move it to the MetricsSpec with them'),
    ('pipeline.metrics.log_loss.LogLoss', False, 'wrong without example weights'),
    ('AUC', True, 'metric AUC: wrong with example weights: move it to the MetricsSpec without them'),
    ('MeanPrediction', False, 'metric MeanPrediction: not known to be right when a batch counts as one example'),
    ('MeanPrediction', True, 'metric MeanPrediction: not known to be right when a batch counts as one example'),
    ('elsewhere.AUC', False, 'metric elsewhere.AUC: not known to be right'),
])
def test_metric_in_the_wrong_list_is_refused(name, weighted, message):
  with pytest.raises(ValueError, match=message):
    _evaluator(_eval_config([name], weighted))


@pytest.mark.parametrize('spec, message', [
    (tfma.SlicingSpec(feature_keys=['a', 'b']), 'feature_keys: "a" feature_keys: "b": only slices of one feature'),
    (tfma.SlicingSpec(feature_values={'rating': '1'}), 'only slices of one feature'),
    (tfma.SlicingSpec(slice_keys_sql='SELECT 1'), 'only slices of one feature'),
])
def test_slice_that_extractors_cannot_take_is_refused(spec, message):
  config = _eval_config(['AUC'], False)
  config.slicing_specs.append(spec)
  with pytest.raises(ValueError, match=message):
    _evaluator(config)


def test_metrics_both_with_and_without_weights_are_refused():
  config = _eval_config(['ExampleCount'], True)
  config.metrics_specs[0].example_weights.unweighted = True
  with pytest.raises(ValueError, match='both with and without example weights'):
    _evaluator(config)


def test_intervals_that_resample_batches_are_refused():
  config = _eval_config(['AUC'], False)
  config.options.compute_confidence_intervals.value = True
  with pytest.raises(ValueError, match='would resample batches'):
    _evaluator(config)


def test_configuration_of_the_pipeline_is_supported():
  config = evaluation.eval_config(0.8, 0.88, 0.7)
  _evaluator(config)
  config.metrics_specs[0].metrics.extend(config.metrics_specs[1].metrics)
  with pytest.raises(ValueError, match='wrong without example weights'):
    _evaluator(config)


def test_a_slow_evaluation_says_how_long_it_takes(monkeypatch, caplog):
  clock = iter([0.0, 6.0, 12.0, 18.0])
  monkeypatch.setattr(score_writer.time, 'monotonic', lambda: next(clock))
  extracts = {'labels': np.array([[1], [0]]), 'predictions': np.array([[0.75], [0.5]]),
              'features': {'text': np.array([[b'one'], [b'two']]), 'review_id': np.array([[b'a'], [b'b']])}}
  to_scores = score_writer._ToScores(size=100)
  to_scores.setup()
  with caplog.at_level(logging.INFO, score_writer.__name__):
    parts = [part for _ in range(3) for part in to_scores.process(extracts)]
  assert [part.score.tolist() for part in parts] == [[0.75, 0.5]] * 3 and parts[0].review_id.tolist() == ['a', 'b']
  assert caplog.messages == ['4 of 100 reviews scored, 0 reviews/s, 5 min left']  # not after 6 s, nor so soon again
