"""The rule for a positive prediction, in the places that apply it."""

import io

import numpy as np
import pytest

from components.common import decision
from components.report import insights
from serving import file_formats

_HALF = 0.5


@pytest.mark.parametrize('probability, expected', [
    (_HALF, False), (np.nextafter(_HALF, 1), True), (np.nextafter(np.float32(_HALF), np.float32(1)), True),
    (0.0, False), (1.0, True)])
def test_only_a_probability_above_one_half_is_positive(probability, expected):
  assert bool(decision.is_positive(probability)) is expected


def test_predict_and_the_report_agree_at_one_half():
  file = io.StringIO()
  file_formats.write(file, 'text', [file_formats.Scored({}, 'so-so', _HALF)])
  assert file.getvalue() == '0.5000  negative  so-so\n'
  reviews = [insights.Review('a', 'so-so', label, 0) for label in (0, 1)]
  assert insights.find_confident_errors(lambda texts: [_HALF] * len(texts), reviews, [_HALF] * 2)['wrong'] == 1
