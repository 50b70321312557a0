"""A metric for thresholds on slices, which may be small: refuse only where chance does not explain the errors."""

from scipy import stats
from tensorflow_model_analysis.metrics import confusion_matrix_metrics

_CONFIDENCE = 0.95


class AccuracyUpperBound(confusion_matrix_metrics.ConfusionMatrixMetric):
  """The upper end of the exact 95 % interval of the accuracy at 0.5 (C. J. Clopper and E. S. Pearson, 1934).

  A bar on the accuracy itself would refuse any model by a slice of five reviews with two errors.
  """

  def _default_name(self):
    return 'accuracy_upper_bound'

  def result(self, tp, tn, fp, fn):
    """Returns the bound, 0 to 1, from counts of reviews."""
    test = stats.binomtest(int(tp + tn), int(tp + tn + fp + fn))
    return test.proportion_ci(_CONFIDENCE, method='exact').high
