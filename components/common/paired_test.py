"""Whether one of two models is better than the other, from their predictions of the same examples."""

from typing import NamedTuple

import numpy as np
from scipy import stats

_CONFIDENCE = 0.95


class Difference(NamedTuple):
  """The difference of two accuracies.

  Attributes:
    value: the accuracy of the first model minus that of the second.
    interval: its 95 % interval (low, high).
    p_value: of McNemar's exact test that both are equally good.
    only_first: number of examples that only the first model gets right.
    only_second: number of examples that only the second model gets right.
  """

  value: float
  interval: tuple[float, float]
  p_value: float
  only_first: int
  only_second: int


def compare_accuracies(first: np.ndarray, second: np.ndarray) -> Difference:
  """Compare two models by the examples on which they disagree.

  If both were equally good, each of these examples would be as likely to be right for the first as for the second: the
  exact test of Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
  percentages", Psychometrika 12, 1947. The interval is that of the share which the first gets right (C. J. Clopper and
  E. S. Pearson, Biometrika 26, 1934), given the number of these examples. So it excludes 0 exactly if the test rejects
  at 5 %. It is narrower than one of two independent samples, because most examples are equally hard for both models.

  Args:
    first: whether the first model is right, bool [examples].
    second: whether the second model is right, bool [examples], in the same order.

  Returns:
    The difference; 0 with the interval (0, 0) if the models agree everywhere.

  Raises:
    ValueError: the arrays differ in length or are empty.
  """
  if len(first) != len(second) or not len(first):
    raise ValueError(f'predictions of {len(first)} and {len(second)} examples cannot be compared in pairs')
  only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
  disagreements, scale = only_first + only_second, len(first)
  if not disagreements:
    return Difference(0.0, (0.0, 0.0), 1.0, 0, 0)
  test = stats.binomtest(only_first, disagreements)
  bounds = test.proportion_ci(_CONFIDENCE, method='exact')
  low, high = (float((2 * share - 1) * disagreements / scale) for share in (bounds.low, bounds.high))
  return Difference((only_first - only_second) / scale, (low, high), float(test.pvalue), only_first, only_second)
