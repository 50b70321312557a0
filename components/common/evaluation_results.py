"""Results of an Evaluator: metrics of every slice with their intervals, and the reasons for a refusal."""

import math
from typing import Any, NamedTuple, Optional

from scipy import stats
import tensorflow_model_analysis as tfma

from components.common import intervals
from components.common import version_comparison
from models import features

OVERALL = ()
_MATRICES, _THRESHOLD = 'confusion_matrix_at_thresholds', 0.5
_TWO_CLASS_METRICS = ('auc', 'auc_precision_recall')
_NO_RATING = (features.RATING, '0')  # the slice of the reviews whose source has no star rating
# The settings of the lower bounds by metric, the most important first.
_SETTINGS = {'binary_accuracy': 'min_accuracy', 'auc': 'min_auc', 'accuracy_upper_bound': 'min_slice_accuracy'}
MIN_REVIEWS = 30  # of a slice whose accuracy is compared with that of others: its 95 % interval is .36 wide at most
Interval = intervals.Interval


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
  def is_small(self) -> bool:
    """Whether the slice has too few reviews to be compared with others."""
    return self.metrics.get('example_count', MIN_REVIEWS) < MIN_REVIEWS

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
    failures: reasons for a refusal with what to do, one line each, the most important first; empty if the model is
      blessed.
    comparison: with the versions pushed before; None for an evaluation of version 0.2.0 or before.
  """

  slices: dict[tuple, Slice]
  baseline: Optional[dict[str, float]]
  failures: list[str]
  comparison: Optional[version_comparison.Comparison] = None

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
    if key != _NO_RATING:
      slices[key] = _slice(key, item, of_baseline=False)
    if key == OVERALL:
      baseline = _slice(key, item, of_baseline=True).metrics or None
  comparison = version_comparison.read_comparison(path)
  if comparison:
    baseline = next(({'binary_accuracy': each.accuracy, **({} if each.auc is None else {'auc': each.auc})}
                     for each in comparison.compared if each.role == 'baseline'), None)
  checks_versions = comparison is not None and comparison.max_drop is not None
  failures = (_comparison_failures(comparison, slices[OVERALL])
              + _metric_failures(path, slices, baseline, checks_versions))
  return Evaluation(dict(sorted(slices.items(), key=_order)), baseline,
                    [text for _, text in sorted(failures, key=lambda failure: failure[0])], comparison)


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
          'intervals': {name: intervals.wilson_interval(*counts) for name, counts in shares.items()}}


def _shares(matrix: dict[str, int]) -> dict[str, tuple[int, int]]:
  """Return (successes, trials) of the metrics that are shares."""
  tp, tn, fp, fn = (matrix[name] for name in ('tp', 'tn', 'fp', 'fn'))
  return {'binary_accuracy': (tp + tn, tp + tn + fp + fn), 'precision': (tp, tp + fp), 'recall': (tp, tp + fn)}


def hanley_mcneil_interval(auc: float, positives: int, negatives: int) -> Interval:
  """Return the 95 % interval of an area under the ROC curve (J. A. Hanley and B. J. McNeil, Radiology 143, 1982)."""
  both_positive, both_negative = auc / (2 - auc), 2 * auc * auc / (1 + auc)
  variance = (auc * (1 - auc) + (positives - 1) * (both_positive - auc * auc)
              + (negatives - 1) * (both_negative - auc * auc)) / (positives * negatives)
  reach = stats.norm.ppf((1 + intervals.CONFIDENCE) / 2) * math.sqrt(max(variance, 0))
  return max(0.0, auc - reach), min(1.0, auc + reach)


def difference_interval(value: float, interval: Interval, other: float, other_interval: Interval) -> Interval:
  """Return the 95 % interval of `value` - `other`, measured on different texts (R. G. Newcombe, 1998, method 10).

  Args:
    value: a metric.
    interval: its 95 % interval.
    other: the same metric on other texts.
    other_interval: its 95 % interval.
  """
  (low, high), (other_low, other_high) = interval, other_interval
  return (value - other - math.hypot(value - low, other_high - other),
          value - other + math.hypot(high - value, other - other_low))


def _comparison_failures(comparison: Optional[version_comparison.Comparison],
                         overall: Slice) -> list[tuple[int, str]]:
  """Return (rank, reason) for scores that are no probabilities, and for versions that are better."""
  failures: list[tuple[int, str]] = []
  if comparison is None:
    return failures
  if comparison.invalid_scores:
    failures.append((0, f'{comparison.invalid_scores:,} of {comparison.reviews:,} scores are not finite or not from 0 '
                        'to 1: train again, with a lower learning rate or another --seed'))
  for each in comparison.compared:
    if each.is_too_low(comparison.max_drop):
      failures.append((3, (
          f'accuracy {overall.metrics["binary_accuracy"]:.4f} is more than {comparison.max_drop:g} below that of '
          f'{each.name}, {each.accuracy:.4f} ({each.change}): train a better model, or --set '
          f'max_accuracy_drop={_ceil(-each.difference)}, or --ignore-baseline to start anew')))
  return failures


def _metric_failures(path: str, slices: dict[tuple, Slice], baseline: Optional[dict[str, float]],
                     checks_versions: bool) -> list[tuple[int, str]]:
  """Return (rank, reason) for the thresholds that TFMA has checked; they may be none if versions are checked."""
  result = tfma.load_validation_result(path)
  missing = [' '.join(each.feature_keys) or 'score' for each in result.missing_slices]
  failures = [(4, f'no review has a {name}') for name in missing]
  for validation in result.metric_validations_per_slice:
    key = _key(validation.slice_key)
    for failure in validation.failures if key in slices else ():
      rank = 5 if key else 2 if failure.metric_key.name == 'auc' else 1
      failures.append((rank, _failure(failure, slices[key], baseline)))
  if result.missing_thresholds and not checks_versions:
    failures.append((1, 'no metric was validated: set a threshold, such as --set min_accuracy=0.8'))
  return failures


def _failure(failure: Any, found: Slice, baseline: Optional[dict[str, float]]) -> str:
  name, threshold = failure.metric_key.name, failure.metric_threshold
  where = f' in the slice {found.name!r}' if found.key else ''
  if name not in found.metrics:
    return f'{name}{where}: {failure.message}'
  if threshold.HasField('change_threshold') and not threshold.HasField('value_threshold'):  # up to version 0.2.0
    drop = -threshold.change_threshold.absolute.value
    return (f'{name}{where} {found.metrics[name]:.4f} is more than {drop:g} below the baseline\'s '
            f'{(baseline or {}).get(name, math.nan):.4f}')
  minimum = threshold.value_threshold.lower_bound.value
  advice = f'train a better model, or --set {_SETTINGS.get(name, name)}={_floor(found.metrics[name])}'
  if name == 'accuracy_upper_bound':
    return (f'accuracy{where} {found.metrics["binary_accuracy"]:.4f} of {found.metrics["example_count"]:,.0f} reviews, '
            f'upper 95 % bound {found.metrics[name]:.4f}, is below {minimum:g}: {advice}')
  return f'{name}{where} {found.metrics[name]:.4f} is below {minimum:g}: {advice}'


def _floor(value: float) -> str:
  return f'{math.floor(value * 1000) / 1000:g}'


def _ceil(value: float) -> str:
  return f'{math.ceil(value * 1000) / 1000:g}'
