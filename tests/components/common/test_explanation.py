"""Leave-one-out explanations, of a linear model whose weights are known."""

import math

import pytest

from components.common import explanation
from tests.serving import linear_model


def _score(texts):
  return [linear_model.probability(text) for text in texts]


def test_a_linear_model_is_explained_by_its_weights():
  text = 'GOOD, good film;<br /><br />"Bad"<br />the end. Remember!'
  effects = explanation.explain(_score, text, max_effects=4)
  assert [word for word, _ in effects] == ['good', 'bad', 'remember', 'film']
  assert [effect for _, effect in effects] == pytest.approx([4, -3, 1, 0], abs=1e-6)
  assert explanation.explain(_score, '... <br />') == []


def test_an_explanation_of_a_long_text_is_bounded():
  seen = []

  def score(texts):
    seen.extend(texts)
    return _score(texts)

  effects = explanation.explain(score, 'good ' + ' '.join(f'word{number}' for number in range(50_000)), max_effects=1)
  assert [(word, round(effect, 6)) for word, effect in effects] == [('good', 2)]
  assert len(seen) == 501 and max(map(len, seen)) == 20_000


def test_a_probability_of_one_has_finite_effects():
  (_, effect), = explanation.explain(lambda texts: [1.0 if 'good' in text else 0.0 for text in texts], 'good')
  assert effect == pytest.approx(2 * math.log(1e7), rel=1e-3)
