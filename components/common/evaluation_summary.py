"""An evaluation as JSON values: metrics by slice, thresholds and whether they were met, and the data of the plots."""

import json
import math
from typing import Any, NamedTuple, Optional

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.writers import eval_config_writer

from components.common import evaluation_results
from components.common import version_comparison


class Point(NamedTuple):
  """A point of the precision-recall curve and of the ROC curve, whose true positive rate is the recall."""

  threshold: float
  precision: float
  recall: float
  false_positive_rate: float


def read_summary(path: str) -> dict[str, Any]:
  """Read an evaluation artifact.

  Args:
    path: its directory.

  Returns:
    `metrics`, `intervals` (95 %: low, high) and `matrix` (reviews by tp, tn, fp and fn at 0.5) of the whole test split,
    `baseline` (metrics), `comparison` (fields of version_comparison.Comparison), `slices`, `thresholds`, `failures` and
    `calibration`. What was not measured is None or empty.
  """
  found = evaluation_results.load_evaluation(path)
  config = eval_config_writer.load_eval_run(path)[0]
  slices = [{'feature': part.key and part.key[0], 'name': part.name, 'is_small': part.is_small, **_metrics_of(part)}
            for part in found.slices.values()]
  return {
      **_metrics_of(found.slices[evaluation_results.OVERALL]),
      'baseline': found.baseline,
      'comparison': found.comparison and {
          **found.comparison._asdict(), 'compared': [each._asdict() for each in found.comparison.compared]},
      'slices': [part for part in slices if part['feature']],
      'thresholds': [
          row for spec in config.metrics_specs for metric in spec.metrics for row in _threshold_rows(metric, found)
      ] + _drop_rows(found.comparison),
      'failures': found.failures,
      'calibration': _calibration(path),
  }


def _metrics_of(part: evaluation_results.Slice) -> dict[str, Any]:
  return {'metrics': part.metrics, 'intervals': part.intervals, 'matrix': part.matrix or None}


def _threshold_rows(metric: tfma.MetricConfig, found: evaluation_results.Evaluation) -> list[dict[str, Any]]:
  """Return a metric's thresholds: a row for each threshold and group of slices, with the lowest value there."""
  name = json.loads(metric.config or '{}').get('name', metric.class_name)
  everywhere = [(metric.threshold, [tfma.SlicingSpec()])] if metric.HasField('threshold') else []
  thresholds = everywhere + [(item.threshold, item.slicing_specs) for item in metric.per_slice_thresholds]
  rows = []
  for threshold, specs in thresholds:
    for spec in specs:
      features = list(spec.feature_keys)
      values = [(part.metrics.get(name, math.nan), part.name) for key, part in found.slices.items()
                if list(key[:1]) == features]
      if not values:  # such as star ratings, which not every source has
        continue
      # NaN meets no threshold.
      lowest, where = min(values, key=lambda value: -math.inf if math.isnan(value[0]) else value[0])
      row = {'metric': name, 'slices': features[0] if features else None, 'lowest_in': where}
      if threshold.HasField('value_threshold'):
        rows.append({**row, **_compare('at least', threshold.value_threshold.lower_bound.value, lowest)})
      if threshold.HasField('change_threshold') and found.baseline:
        change = lowest - found.baseline.get(name, math.nan)
        rows.append({**row, **_compare('change from the baseline of at least',
                                    threshold.change_threshold.absolute.value, change)})
  return rows


def _drop_rows(comparison: Optional[version_comparison.Comparison]) -> list[dict[str, Any]]:
  """Return the threshold of the accuracy against each version that was pushed before."""
  if comparison is None or comparison.max_drop is None:
    return []
  return [{
      'metric': 'binary_accuracy', 'slices': None, 'lowest_in': None, 'kind': f'change from {each.name} of at least',
      'bound': -comparison.max_drop, 'value': each.difference, 'met': not each.is_too_low(comparison.max_drop),
  } for each in comparison.compared]


def _compare(kind: str, bound: float, value: float) -> dict[str, Any]:
  return {'kind': kind, 'bound': bound, 'value': value, 'met': value >= bound}


def _plot(path: str, field: str) -> Any:
  """Return the candidate's plot of the whole split, a field of TFMA's PlotData; None if the evaluation lacks it."""
  for plot in tfma.load_plots(path):
    for item in () if plot.slice_key.single_slice_keys else plot.plot_keys_and_values:
      if item.value.HasField(field) and item.key.model_name != tfma.BASELINE_KEY:
        return getattr(item.value, field)
  return None


def _calibration(path: str) -> Optional[dict[str, Any]]:
  """Return the calibration buckets and the expected calibration error (M. P. Naeini et al., AAAI 2015)."""
  plot = _plot(path, 'calibration_histogram_buckets')
  buckets = [bucket for bucket in plot.buckets if bucket.num_weighted_examples.value] if plot else []
  if not buckets:
    return None
  rows = [{
      'low': max(0.0, bucket.lower_threshold_inclusive),
      'high': min(1.0, bucket.upper_threshold_exclusive),
      'reviews': int(bucket.num_weighted_examples.value),
      'mean_score': bucket.total_weighted_refined_prediction.value / bucket.num_weighted_examples.value,
      'positive_share': bucket.total_weighted_label.value / bucket.num_weighted_examples.value,
  } for bucket in buckets]
  distance = sum(row['reviews'] * abs(row['mean_score'] - row['positive_share']) for row in rows)
  return {'expected_error': distance / sum(row['reviews'] for row in rows), 'buckets': rows}


def read_precision_recall(path: str) -> list[Point]:
  """Read the precision-recall curve, by descending threshold; empty if the evaluation has no ConfusionMatrixPlot."""
  return [
      Point(matrix.threshold, matrix.precision, matrix.recall,
            matrix.false_positives / max(matrix.false_positives + matrix.true_negatives, 1))
      for matrix in reversed(read_confusion_matrices(path))
      if matrix.true_positives + matrix.false_positives]


def read_confusion_matrices(path: str) -> list:
  """Read TFMA's confusion matrices, by ascending threshold: one just below 0, then from 0 to 1 in even steps.

  The list is empty if the evaluation has no ConfusionMatrixPlot.
  """
  plot = _plot(path, 'confusion_matrix_at_thresholds')
  return sorted(plot.matrices if plot else (), key=lambda matrix: matrix.threshold)


def replace_nan(value: Any) -> Any:
  """Return the value with None for NaN and infinity, which JSON lacks."""
  if isinstance(value, dict):
    return {key: replace_nan(item) for key, item in value.items()}
  if isinstance(value, (list, tuple)):
    return [replace_nan(item) for item in value]
  return None if isinstance(value, float) and not math.isfinite(value) else value
