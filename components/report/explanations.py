"""Why a model says what it says: words on their own, and the mistakes that it was surest of, word by word."""

import math
from typing import Any, Callable, NamedTuple, Sequence

from components.common import decision
from components.common import explanation

WORDS, SHOWN_WORDS = 2_000, 12  # the most frequent ones that are looked at, and those shown of each side
MISTAKES = 4  # shown of each label
_EXPLAINED_WORDS = 150  # different ones of a review
Score = Callable[[Sequence[str]], Sequence[float]]


class Review(NamedTuple):
  """A labelled review; `rating` is 0 where the source gives none."""

  id: str
  text: str
  label: int
  rating: int


def words(score: Score, vocabulary: Sequence[str]) -> dict[str, Any]:
  """The words that speak most for negative and for positive.

  Args:
    score: texts -> their probabilities of the positive class.
    vocabulary: words by falling frequency; the first WORDS of them are looked at.

  Returns:
    `count` of the words looked at, and by side [word, effect] in falling strength: by how much the log-odds of a review
    of that word alone exceed those of an empty review. That is exact for a linear model, and a hint for others.
  """
  chosen = list(vocabulary[:WORDS])
  empty, *alone = map(explanation.log_odds, score(['', *chosen]))
  effects = sorted(zip(chosen, (value - empty for value in alone)), key=lambda effect: effect[1])
  negative = [effect for effect in effects[:SHOWN_WORDS] if effect[1] < 0]
  positive = [effect for effect in effects[::-1][:SHOWN_WORDS] if effect[1] > 0]
  return {'count': len(chosen), 'negative': negative, 'positive': positive}


def mistakes(score: Score, reviews: Sequence[Review]) -> dict[str, Any]:
  """The reviews with the greatest loss of those on the wrong side of 0.5, with the effect of each of their words.

  Args:
    score: texts -> their probabilities of the positive class.
    reviews: to look at.

  Returns:
    How many were `scored`, how many of them are `wrong`, and `reviews`: for each label the worst ones first, a Review's
    fields with its `score`, its `loss` (natural logarithm) and its words' `effects` (see explanation.explain).
  """
  scores = score([review.text for review in reviews])
  found = [(_loss(value, review.label), value, review) for value, review in zip(scores, reviews)
           if decision.is_positive(value) != (review.label == 1)]
  found.sort(key=lambda item: (-item[0], item[2].id))
  worst = [item for label in (0, 1) for item in [each for each in found if each[2].label == label][:MISTAKES]]
  return {'scored': len(reviews), 'wrong': len(found), 'reviews': [
      {**review._asdict(), 'score': value, 'loss': loss,
       'effects': explanation.explain(score, review.text, _EXPLAINED_WORDS, _EXPLAINED_WORDS)}
      for loss, value, review in worst]}


def _loss(score: float, label: int) -> float:
  odds = explanation.log_odds(score)
  return math.log1p(math.exp(-odds if label == 1 else odds))
