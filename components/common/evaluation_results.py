"""Results of an Evaluator: metrics of every slice with their intervals, and the reasons for a refusal."""

import math
from typing import Any, NamedTuple, Optional

from scipy import stats
import tensorflow_model_analysis as tfma

OVERALL = ()
_CONFIDENCE = 0.95
_MATRICES, _THRESHOLD = 'confusion_matrix_at_thresholds', 0.5
_TWO_CLASS_METRICS = ('auc', 'auc_precision_recall')
Interval = tuple[float, float]


class Slice(NamedTuple):
  """The metrics of a slice of the split; OVERALL is the whole split.

  Attributes:
    key: (feature, value) as strings, or OVERALL.
    metrics: values by metric name.
    intervals: 95 % intervals (low, high) by metric name, for accuracy, precision, recall and AUC.
    matrix: reviews by tp, tn, fp and fn at 0.5.
  """

  key: tuple
  metrics: dict[str, float]
  intervals: dict[str, Interval]
  matrix: dict[str, int]

  @property
  def name(self) -> str:
    """The name shown to users: 'overall', '100-199 words', 'rating 4'."""
    if not self.key:
      return 'overall'
    feature, value = self.key
    return value if ' ' in value else f'{feature} {value}'


class Evaluation(NamedTuple):
  """All results of an evaluation.

  Attributes:
    slices: by key, OVERALL included.
    baseline: the overall metrics of the baseline, or None without a baseline.
    failures: reasons for a refusal, one line each; empty if the model is blessed.
  """

  slices: dict[tuple, Slice]
  baseline: Optional[dict[str, float]]
  failures: list[str]

  @property
  def metrics(self) -> dict[str, float]:
    """The overall metrics by name."""
    return self.slices[OVERALL].metrics

  @property
  def blessed(self) -> bool:
    """Whether every threshold is met."""
    return not self.failures


def load_evaluation(path: str) -> Evaluation:
  """Load the results from the directory of an evaluation artifact."""
  slices, baseline = {}, None
  for item in tfma.load_metrics(path):
    key = _key(item.slice_key)
    slices[key] = _slice(key, item, of_baseline=False)
    if key == OVERALL:
      baseline = _slice(key, item, of_baseline=True).metrics or None
  result = tfma.load_validation_result(path)
  failures = [
      _failure(failure, slices[_key(per_slice.slice_key)], baseline)
      for per_slice in result.metric_validations_per_slice for failure in per_slice.failures]
  failures += [f'no review has a {", ".join(missing.feature_keys) or "score"}' for missing in result.missing_slices]
  if not result.validation_ok and not failures:
    failures = ['no metric was validated']
  return Evaluation(dict(sorted(slices.items(), key=_order)), baseline, failures)


def _key(slice_key: Any) -> tuple:
  for part in slice_key.single_slice_keys:
    value = getattr(part, part.WhichOneof('kind'))
    return part.column, value.decode() if isinstance(value, bytes) else str(value)
  return OVERALL


def _order(item: tuple[tuple, Slice]) -> tuple:
  """Sort key: overall first, then by feature and by the number that the value starts with."""
  feature, value = item[0] or ('', '0')
  first = value.partition(' ')[0].partition('-')[0]
  return feature, float(first) if first.isdigit() else math.inf, value


def _slice(key: tuple, item: Any, of_baseline: bool) -> Slice:
  metrics, matrix = {}, {}
  for found in item.metric_keys_and_values:
    if found.key.is_diff or (found.key.model_name == tfma.BASELINE_KEY) != of_baseline:
      continue
    if found.key.name == _MATRICES:
      matrix = _matrix(found.value.confusion_matrix_at_thresholds)
    elif found.value.HasField('double_value'):
      metrics[found.key.name] = found.value.double_value.value
  if matrix and not (matrix['tp'] + matrix['fn'] and matrix['tn'] + matrix['fp']):
    for name in _TWO_CLASS_METRICS:  # TFMA returns 0 if only one class is present
      metrics.pop(name, None)
  return Slice(key, metrics, _intervals(metrics, matrix), matrix)


def _matrix(matrices: Any) -> dict[str, int]:
  middle = next(matrix for matrix in matrices.matrices if abs(matrix.threshold - _THRESHOLD) < 1e-6)
  return {
      'tp': int(middle.true_positives), 'tn': int(middle.true_negatives),
      'fp': int(middle.false_positives), 'fn': int(middle.false_negatives)}


def _intervals(metrics: dict[str, float], matrix: dict[str, int]) -> dict[str, Interval]:
  if not matrix:
    return {}
  found = measure_matrix(matrix)['intervals']
  result = {name: interval for name, interval in found.items() if name in metrics}
  if 'auc' in metrics:
    result['auc'] = hanley_mcneil_interval(metrics['auc'], matrix['tp'] + matrix['fn'], matrix['tn'] + matrix['fp'])
  return result


def measure_matrix(matrix: dict[str, int]) -> dict[str, dict]:
  """Return the shares of a confusion matrix, and their 95 % intervals (low, high).

  Args:
    matrix: texts by tp, tn, fp and fn.

  Returns:
    `metrics` and `intervals` by name: accuracy, precision and recall; a share of no texts is missing.
  """
  shares = {name: counts for name, counts in _shares(matrix).items() if counts[1]}
  return {'metrics': {name: counts[0] / counts[1] for name, counts in shares.items()},
          'intervals': {name: wilson_interval(*counts) for name, counts in shares.items()}}


def _shares(matrix: dict[str, int]) -> dict[str, tuple[int, int]]:
  """Return (successes, trials) of the metrics that are shares."""
  tp, tn, fp, fn = (matrix[name] for name in ('tp', 'tn', 'fp', 'fn'))
  return {'binary_accuracy': (tp + tn, tp + tn + fp + fn), 'precision': (tp, tp + fp), 'recall': (tp, tp + fn)}


def wilson_interval(successes: int, trials: int) -> Interval:
  """Return the 95 % score interval (low, high) of a proportion (E. B. Wilson, 1927)."""
  found = stats.binomtest(successes, trials).proportion_ci(_CONFIDENCE, method='wilson')
  return float(found.low), float(found.high)


def hanley_mcneil_interval(auc: float, positives: int, negatives: int) -> Interval:
  """Return the 95 % interval of an area under the ROC curve (J. A. Hanley and B. J. McNeil, Radiology 143, 1982)."""
  both_positive, both_negative = auc / (2 - auc), 2 * auc * auc / (1 + auc)
  variance = (auc * (1 - auc) + (positives - 1) * (both_positive - auc * auc)
              + (negatives - 1) * (both_negative - auc * auc)) / (positives * negatives)
  reach = stats.norm.ppf((1 + _CONFIDENCE) / 2) * math.sqrt(max(variance, 0))
  return max(0.0, auc - reach), min(1.0, auc + reach)


def _failure(failure: Any, found: Slice, baseline: Optional[dict[str, float]]) -> str:
  name, threshold = failure.metric_key.name, failure.metric_threshold
  where = f' in the slice {found.name!r}' if found.key else ''
  if name not in found.metrics:
    return f'{name}{where}: {failure.message}'
  if threshold.HasField('change_threshold') and not threshold.HasField('value_threshold'):
    drop = -threshold.change_threshold.absolute.value
    return (f'{name}{where} {found.metrics[name]:.4f} is more than {drop:g} below the baseline\'s '
            f'{(baseline or {}).get(name, math.nan):.4f}')
  minimum = threshold.value_threshold.lower_bound.value
  if name == 'accuracy_upper_bound':
    return (f'accuracy{where} {found.metrics["binary_accuracy"]:.4f} of {found.metrics["example_count"]:,.0f} reviews, '
            f'upper 95 % bound {found.metrics[name]:.4f}, is below {minimum:g}')
  return f'{name}{where} {found.metrics[name]:.4f} is below {minimum:g}'
