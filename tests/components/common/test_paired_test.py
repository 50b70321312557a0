"""The paired test against published figures, other libraries and simulated models."""

import numpy as np
import pytest
from scipy import stats

from components.common import paired_test


def _models(both, only_first, only_second, neither):
  first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
  second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
  return paired_test.compare_accuracies(first, second)


def test_p_value_is_that_of_mcnemars_exact_test():
  # The binomial probability that at least 12 of 15 disagreements go one way, either way.
  found = _models(50, 3, 12, 35)
  assert found.p_value == pytest.approx(2 * stats.binom.sf(11, 15, 0.5))
  assert (found.value, found.only_first, found.only_second) == (-0.09, 3, 12)


def test_interval_excludes_zero_if_and_only_if_the_test_rejects():
  for only_first in range(12):
    for only_second in range(12):
      found = _models(40, only_first, only_second, 10)
      low, high = found.interval
      assert low <= found.value <= high
      assert (low > 0 or high < 0) == (found.p_value < 0.05)


def test_models_that_agree_do_not_differ():
  found = _models(5, 0, 0, 5)
  assert (found.value, found.interval, found.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_interval_covers_the_true_difference():
  random = np.random.default_rng(0)
  covered = 0
  for _ in range(300):
    kinds = random.choice(4, 1000, p=[0.85, 0.04, 0.06, 0.05])  # the first is worse by .02
    low, high = paired_test.compare_accuracies(np.isin(kinds, [0, 1]), np.isin(kinds, [0, 2])).interval
    covered += low <= -0.02 <= high
  assert covered >= 0.93 * 300


def test_a_drop_is_certain_on_many_reviews_and_not_on_few():
  """-.0221 on 12,500 reviews of which a tenth divides the models; and the same drop on 136 reviews."""
  certain, noise = _models(10_000, 487, 763, 1250), _models(100, 5, 8, 23)
  assert certain.value == pytest.approx(-0.0221, abs=1e-4) and certain.interval[1] < -0.01
  assert noise.value == pytest.approx(-0.0221, abs=1e-4) and noise.interval[0] < 0 < noise.interval[1]


@pytest.mark.parametrize('first, second', [([], []), ([True], [True, False])])
def test_predictions_of_other_examples_are_refused(first, second):
  with pytest.raises(ValueError, match='cannot be compared in pairs'):
    paired_test.compare_accuracies(np.array(first, bool), np.array(second, bool))
