"""Intervals of proportions."""

from scipy import stats

CONFIDENCE = 0.95
Interval = tuple[float, float]


def wilson_interval(successes: int, trials: int) -> Interval:
  """Return the 95 % score interval (low, high) of a proportion (E. B. Wilson, 1927)."""
  found = stats.binomtest(successes, trials).proportion_ci(CONFIDENCE, method='wilson')
  return float(found.low), float(found.high)
