"""The Evaluator's metrics, its slices of test, and the thresholds that a model must meet to be blessed."""

import json
from typing import Any, Mapping, Optional, Sequence

import tensorflow_model_analysis as tfma

from models import features
from pipeline.metrics import accuracy_upper_bound
from pipeline.metrics import log_loss

ACCURACY, AUC = 'binary_accuracy', 'auc'
SLICE_ACCURACY = 'accuracy_upper_bound'
SLICES = (features.LENGTH_BUCKET, features.OOV_BUCKET, features.RATING)
CALIBRATION_BUCKETS = 10
_MATRIX_THRESHOLDS = [0.1, 0.25, 0.5, 0.75, 0.9]

_METRICS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ('BinaryAccuracy', {'name': ACCURACY}),
    ('AUC', {'name': AUC}),
    ('AUCPrecisionRecall', {'name': 'auc_precision_recall'}),
    ('Precision', {'name': 'precision'}),
    ('Recall', {'name': 'recall'}),
    ('Calibration', {'name': 'calibration'}),
    ('AccuracyUpperBound', {'name': SLICE_ACCURACY}),
    ('ConfusionMatrixAtThresholds', {'name': 'confusion_matrix_at_thresholds', 'thresholds': _MATRIX_THRESHOLDS}),
    ('CalibrationPlot', {'num_buckets': CALIBRATION_BUCKETS}),
    ('ConfusionMatrixPlot', {'num_thresholds': 200}),
)
# For these metrics all examples of a slice in a batch are one weighted example: see components/evaluator/extractors.py.
_WEIGHTED_METRICS = (
    ('ExampleCount', {'name': 'example_count'}),
    ('LogLoss', {'name': 'log_loss'}),
)
_OWN_METRICS = {'AccuracyUpperBound': accuracy_upper_bound, 'LogLoss': log_loss}


def eval_config(min_accuracy: Optional[float], min_auc: Optional[float],
                min_slice_accuracy: Optional[float]) -> tfma.EvalConfig:
  """Return the Evaluator's configuration; a threshold that is None is not checked.

  Args:
    min_accuracy: lower bound of the accuracy at the decision threshold 0.5, from 0 to 1.
    min_auc: lower bound of the area under the ROC curve, from 0 to 1.
    min_slice_accuracy: lower bound of the upper 95 % bound of the accuracy in each slice, from 0 to 1: see
      `accuracy_upper_bound.AccuracyUpperBound`.

  Returns:
    The configuration, which evaluates the served scores.
  """
  overall, sliced = tfma.SlicingSpec(), [tfma.SlicingSpec(feature_keys=[key]) for key in SLICES]
  thresholds: dict[Any, tuple] = {
      ACCURACY: (_threshold(min_accuracy), [overall]),
      AUC: (_threshold(min_auc), [overall]),
      SLICE_ACCURACY: (_threshold(min_slice_accuracy), sliced),
  }
  candidate = tfma.ModelSpec(
      signature_name=features.SERVING_SIGNATURE, prediction_key=features.SCORES, label_key=features.LABEL,
      preprocessing_function_names=[features.SLICES_SIGNATURE])
  return tfma.EvalConfig(
      model_specs=[candidate],
      slicing_specs=[overall, *sliced],
      metrics_specs=[
          tfma.MetricsSpec(metrics=[
              _metric(name, settings, *thresholds.get(settings.get('name'), ())) for name, settings in _METRICS]),
          tfma.MetricsSpec(
              metrics=[_metric(*metric) for metric in _WEIGHTED_METRICS],
              example_weights=tfma.ExampleWeightOptions(weighted=True)),
      ])


def _metric(name: str, settings: Mapping[str, Any], threshold: Optional[tfma.MetricThreshold] = None,
            slicing_specs: Sequence[tfma.SlicingSpec] = ()) -> tfma.MetricConfig:
  metric = tfma.MetricConfig(class_name=name, config=json.dumps(settings))
  if name in _OWN_METRICS:
    metric.module = _OWN_METRICS[name].__name__
  if threshold is not None:
    # A plain `threshold` would apply to every slice.
    metric.per_slice_thresholds.add(threshold=threshold, slicing_specs=slicing_specs)
  return metric


def _threshold(minimum: Optional[float]) -> Optional[tfma.MetricThreshold]:
  if minimum is None:
    return None
  threshold = tfma.MetricThreshold()
  threshold.value_threshold.lower_bound.value = minimum
  return threshold
