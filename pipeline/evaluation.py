"""What the Evaluator measures on test, and the thresholds that a model must meet to be blessed."""

import tensorflow_model_analysis as tfma

from models import features

ACCURACY, AUC = 'binary_accuracy', 'auc'

CALIBRATION_BUCKETS = 10

_METRICS = (
    ('ExampleCount', 'example_count'),
    ('BinaryAccuracy', ACCURACY),
    ('AUC', AUC),
    ('AUCPrecisionRecall', 'auc_precision_recall'),
    ('Precision', 'precision'),
    ('Recall', 'recall'),
    ('BinaryCrossEntropy', 'log_loss'),
    ('Calibration', 'calibration'),
)


def eval_config(min_accuracy: float, min_auc: float, max_accuracy_drop: float) -> tfma.EvalConfig:
  """The Evaluator's configuration.

  Args:
    min_accuracy: lower bound of the accuracy at 0.5.
    min_auc: lower bound of the area under the ROC curve.
    max_accuracy_drop: how much lower than the baseline's the accuracy may be; without a baseline it has no effect.

  Returns:
    The tfma.EvalConfig, of the served scores.
  """
  thresholds = {
      ACCURACY: tfma.MetricThreshold(
          value_threshold=tfma.GenericValueThreshold(lower_bound={'value': min_accuracy}),
          change_threshold=tfma.GenericChangeThreshold(
              direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={'value': -max_accuracy_drop})),
      AUC: tfma.MetricThreshold(value_threshold=tfma.GenericValueThreshold(lower_bound={'value': min_auc})),
  }
  return tfma.EvalConfig(
      model_specs=[tfma.ModelSpec(
          signature_name=features.SERVING_SIGNATURE, prediction_key=features.SCORES, label_key=features.LABEL)],
      slicing_specs=[tfma.SlicingSpec()],
      metrics_specs=[tfma.MetricsSpec(
          metrics=[
              tfma.MetricConfig(class_name=name, config=f'{{"name": "{key}"}}', threshold=thresholds.get(key))
              for name, key in _METRICS
          ] + [tfma.MetricConfig(class_name='CalibrationPlot', config=f'{{"num_buckets": {CALIBRATION_BUCKETS}}}')])],
  )
