"""A metric for thresholds on slices, which may be small: it fails a model only if chance cannot explain its errors."""

from scipy import stats

from compat import tfma as tfma_compat

_CONFIDENCE = 0.95


class AccuracyUpperBound(tfma_compat.BinaryConfusionMetric):
  """The upper 95 % bound of the accuracy at 0.5, of the exact interval of C. J. Clopper and E. S. Pearson (1934).

  A threshold on the accuracy itself would refuse any model because of a slice of five examples with two errors.
  """

  NAME = 'accuracy_upper_bound'

  def result(self, tp: float, tn: float, fp: float, fn: float) -> float:
    """Return the bound, 0 to 1, from the counts of the confusion matrix."""
    test = stats.binomtest(int(tp + tn), int(tp + tn + fp + fn))
    return test.proportion_ci(_CONFIDENCE, method='exact').high
