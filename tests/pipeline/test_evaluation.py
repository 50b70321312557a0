"""The Evaluator's thresholds, held against scores whose metrics another library knows."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
import tensorflow_model_analysis as tfma
from tfx.utils import proto_utils

from components.common import evaluation_results
from components.common import intervals
from components.common import version_comparison
from components.evaluator import executor
from pipeline import evaluation
from pipeline.metrics import log_loss
from tests import evaluations


def _evaluate(frame, directory, min_accuracy=0.6, min_auc=0.6, min_slice_accuracy=0.5):
  config = evaluation.eval_config(min_accuracy, min_auc, min_slice_accuracy)
  evaluations.evaluate(frame, config, directory)
  return evaluation_results.load_evaluation(str(directory))


def test_a_run_may_set_each_threshold_anew():
  compiled, bounds = evaluation.eval_config(0.8, 0.88, 0.7), (0.5, 0.6, 0.4)
  names = 'min_accuracy', 'min_auc', 'min_slice_accuracy'
  for changed, wanted in ((dict(zip(names, bounds)), evaluation.eval_config(*bounds)), ({}, compiled)):
    properties = {'eval_config': proto_utils.proto_to_json(compiled), **changed}
    assert proto_utils.json_to_proto(executor.eval_config_of_run(properties), tfma.EvalConfig()) == wanted


def _reviews(count, wrong_by_length):
  """Scores of reviews of both classes, a share of them wrong in each length bucket."""
  random = np.random.default_rng(0)
  parts = []
  for bucket, (share, wrong) in wrong_by_length.items():
    size = int(count * share)
    labels = np.arange(size) % 2
    sides = np.where(np.arange(size) < size * wrong, 1 - labels, labels)
    parts.append(pd.DataFrame({
        'label': labels, 'score': np.where(sides, 0.55, 0.05) + 0.4 * random.random(size), 'length_bucket': bucket,
        'oov_bucket': '0-1 % unknown', 'rating': np.where(labels, 9, 2)}))
  return pd.concat(parts, ignore_index=True).astype({'score': np.float32})


@pytest.mark.slow
def test_metrics_are_those_of_scikit_learn_in_every_slice(tmp_path):
  frame = _reviews(4000, {'0-99 words': (0.5, 0.1), '100-199 words': (0.5, 0.2)})
  found = _evaluate(frame, tmp_path)
  assert found.blessed and found.baseline is None
  assert [part.name for part in found.slices.values()] == [
      'overall', '0-99 words', '100-199 words', '0-1 % unknown', 'rating 2', 'rating 9']
  for part in found.slices.values():
    feature, value = part.key or (None, None)
    rows = frame if feature is None else frame[frame[feature].astype(str) == value]
    assert part.metrics['example_count'] == len(rows)
    accuracy = metrics.accuracy_score(rows.label, rows.score > 0.5)
    assert part.metrics['binary_accuracy'] == pytest.approx(accuracy, abs=1e-6)
    low, high = part.intervals['binary_accuracy']
    assert low < accuracy < high < low + 0.08
    if rows.label.nunique() == 1:
      assert 'auc' not in part.metrics and 'auc' not in part.intervals
      continue
    auc = metrics.roc_auc_score(rows.label, rows.score)
    assert part.metrics['auc'] == pytest.approx(auc, abs=2e-3)
    low, high = part.intervals['auc']
    assert low < auc < high


@pytest.mark.slow
def test_each_threshold_refuses(tmp_path):
  found = _evaluate(_reviews(2000, {'0-99 words': (1, 0.1)}), tmp_path, 0.99, 0.99, 0.99)
  assert not found.blessed and len(found.failures) == len(set(found.failures))
  reasons = [r'^binary_accuracy 0\.\d+ is below 0.99', r'^auc 0\.\d+ is below 0.99', 'in the slice .* is below 0.99']
  counts = [sum(bool(re.search(reason, failure)) for failure in found.failures) for reason in reasons]
  assert counts[:2] == [1, 1] and counts[2] == len(found.failures) - 2 > 0


@pytest.mark.slow
def test_a_threshold_of_none_is_not_checked(tmp_path):
  frame = _reviews(1000, {'0-99 words': (1, 0.9)})
  assert _evaluate(frame, tmp_path / 'a', min_accuracy=None, min_auc=None, min_slice_accuracy=0.05).blessed
  assert not _evaluate(frame, tmp_path / 'b', min_accuracy=None, min_auc=None).blessed


@pytest.mark.slow
def test_a_drop_may_be_the_only_threshold(tmp_path):
  evaluations.evaluate(_reviews(200, {'0-99 words': (1, 0.1)}), evaluation.eval_config(None, None, None), tmp_path)
  failure, = evaluation_results.load_evaluation(str(tmp_path)).failures
  assert failure.startswith('no metric was validated: set a threshold')
  version_comparison.write_comparison(
      version_comparison.Comparison(200, 0, 'hash', 0.01, False, ()), str(tmp_path))
  assert evaluation_results.load_evaluation(str(tmp_path)).blessed


@pytest.mark.slow
def test_one_bad_slice_refuses_a_good_model_and_is_named(tmp_path):
  frame = _reviews(4000, {'0-99 words': (0.9, 0.05), '400 words and more': (0.1, 0.6)})
  found = _evaluate(frame, tmp_path, min_accuracy=0.85)
  assert found.metrics['binary_accuracy'] > 0.85
  assert len(found.failures) == 1
  assert "in the slice '400 words and more' 0.4" in found.failures[0] and 'is below 0.5' in found.failures[0]


@pytest.mark.slow
def test_a_slice_too_small_to_tell_refuses_nothing(tmp_path):
  frame = _reviews(2000, {'0-99 words': (0.997, 0.05), '400 words and more': (0.003, 0.6)})
  found = _evaluate(frame, tmp_path)
  small = found.slices['length_bucket', '400 words and more']
  assert small.metrics['example_count'] == 6 and small.metrics['binary_accuracy'] < 0.5
  assert found.blessed


def test_intervals_have_the_published_figures():
  # R. G. Newcombe, Statistics in Medicine 1998, table I: 81 of 263.
  assert intervals.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
  # J. A. Hanley and B. J. McNeil 1982: area .893 of 51 abnormal and 58 normal cases has a standard error of .032.
  low, high = evaluation_results.hanley_mcneil_interval(0.893, 51, 58)
  assert (high - low) / (2 * 1.96) == pytest.approx(0.032, abs=1e-3)


def test_log_loss_is_finite_and_independent_of_the_workers():
  random = np.random.default_rng(0)
  parts = [(random.integers(0, 2, size), random.random(size)) for size in (40, 61, 7)]
  parts.append((np.array([0, 1, 1, 0]), np.array([0.0, 1.0, 0.0, 1.0])))
  computation, = log_loss.LogLoss('log_loss').computations(example_weighted=True)
  combiner = computation.combiner
  counted = [
      combiner.add_input(combiner.create_accumulator(), tfma.metrics.StandardMetricInputs(
          label=labels, prediction=scores, example_weight=np.array([len(labels)])))
      for labels, scores in parts]
  found, = combiner.extract_output(combiner.merge_accumulators(counted)).values()
  labels, scores = (np.concatenate(values) for values in zip(*parts))
  assert found == pytest.approx(metrics.log_loss(labels, np.clip(scores, 1e-7, 1 - 1e-7)))
