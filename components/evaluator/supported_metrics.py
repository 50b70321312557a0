"""The metrics that are right although a whole batch counts as one example: see extractors.py.

Most of TFMA's metrics look at every label and prediction of an example, and are right as long as the example's weight,
which is the number of its reviews, is not used. Those that count examples or average over them are right only with the
weight. A metric in the wrong group, or one that nobody has tried, would be silently wrong, so it is refused.
"""

import tensorflow_model_analysis as tfma

# tests/components/test_evaluator.py computes each of them both ways.
UNWEIGHTED = frozenset({
    'AUC', 'AUCPrecisionRecall', 'BinaryAccuracy', 'Calibration', 'CalibrationPlot', 'ConfusionMatrixAtThresholds',
    'ConfusionMatrixPlot', 'Precision', 'Recall', 'pipeline.metrics.accuracy_upper_bound.AccuracyUpperBound'})
WEIGHTED = frozenset({'ExampleCount', 'pipeline.metrics.log_loss.LogLoss'})


def check_eval_config(config: tfma.EvalConfig) -> None:
  """Check that all metrics of an evaluation are right when batches are its examples.

  Args:
    config: the evaluation's configuration.

  Raises:
    ValueError: a metric is not known to be right in its MetricsSpec, a slice is not of one feature or overall, or
      confidence intervals are asked for.
  """
  for spec in config.metrics_specs:
    if spec.example_weights.weighted and spec.example_weights.unweighted:
      raise ValueError('a MetricsSpec both with and without example weights: one of the two is wrong; make two of it')
    supported = WEIGHTED if spec.example_weights.weighted else UNWEIGHTED
    for metric in spec.metrics:
      name = '.'.join(filter(None, (metric.module, metric.class_name)))
      if name not in supported:
        raise ValueError(f'metric {name}: {_advice(name, spec.example_weights.weighted)}')
  for slicing in config.slicing_specs:
    if len(slicing.feature_keys) > 1 or slicing.feature_values or slicing.slice_keys_sql:
      raise ValueError(f'slice {" ".join(str(slicing).split())}: only slices of one feature, or of none, are '
                       'supported: extend components.evaluator.extractors.by_slice')
  if config.cross_slicing_specs:
    raise ValueError('cross_slicing_specs are not supported: nobody has tried them with batches as examples')
  if config.options.compute_confidence_intervals.value:
    raise ValueError('compute_confidence_intervals would resample batches, not reviews: take the intervals of '
                     'components.common.evaluation_results')


def _advice(name: str, weighted: bool) -> str:
  if name in (UNWEIGHTED if weighted else WEIGHTED):
    return (f'wrong {"with" if weighted else "without"} example weights: move it to the MetricsSpec '
            f'{"without" if weighted else "with"} them')
  return ('not known to be right when a batch counts as one example: add it to '
          'components.evaluator.supported_metrics, where tests/components/test_evaluator.py tries it')
