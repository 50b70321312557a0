"""The most influential words of a model, and its most confident errors, explained word by word."""

import math
from typing import Any, NamedTuple, Optional, Sequence

from components.common import decision
from components.common import explanation

MAX_WORDS, SHOWN_WORDS = 2_000, 12  # the most frequent words that are scored; those shown of each side
SHOWN_ERRORS = 4  # of each label
_EXPLAINED_WORDS = 150  # distinct words of a review


class Review(NamedTuple):
  """A labelled review; `rating` is 0 if the source gives none."""

  id: str
  text: str
  label: int
  rating: int


def find_influential_words(score: explanation.Score, vocabulary: Sequence[str]) -> dict[str, Any]:
  """Find the words that speak most for negative and for positive.

  Args:
    score: texts -> their probabilities of the positive class.
    vocabulary: words by descending frequency; the first MAX_WORDS are scored.

  Returns:
    `count`, the number of words scored, and for `negative` and `positive` the (word, effect) pairs with the largest
    effect first. The effect is the log-odds of a review of that word alone minus those of an empty review: exact for a
    linear model, an indication for others.
  """
  words = list(vocabulary[:MAX_WORDS])
  empty, *single = map(explanation.log_odds, score(['', *words]))
  # A score that is not finite has no effect that could be shown.
  finite = [(word, value - empty) for word, value in zip(words, single) if math.isfinite(value - empty)]
  effects = sorted(finite, key=lambda effect: effect[1])
  negative = [effect for effect in effects[:SHOWN_WORDS] if effect[1] < 0]
  positive = [effect for effect in effects[::-1][:SHOWN_WORDS] if effect[1] > 0]
  return {'count': len(words), 'negative': negative, 'positive': positive}


def find_confident_errors(score: explanation.Score, reviews: Sequence[Review],
                          scores: Sequence[float]) -> dict[str, Any]:
  """Find the misclassified reviews with the greatest log loss, with the effect of each of their words.

  Args:
    score: texts -> their probabilities of the positive class; called for the explanations.
    reviews: the reviews.
    scores: their probabilities.

  Returns:
    `scored`, the number of reviews with a score that is finite, `wrong`, the number of errors among them, and
    `reviews`: for each label those with the greatest loss first, as the fields of a Review with its `score`, its log
    `loss` and its words' `effects` (see `explanation.explain`).
  """
  scored = [(value, review) for value, review in zip(scores, reviews) if math.isfinite(value)]
  errors = [(_log_loss(value, review.label), value, review) for value, review in scored
            if decision.is_positive(value) != (review.label == 1)]
  errors.sort(key=lambda error: (-error[0], error[2].id))
  shown = [error for label in (0, 1) for error in [each for each in errors if each[2].label == label][:SHOWN_ERRORS]]
  return {'scored': len(scored), 'wrong': len(errors), 'reviews': [
      {**review._asdict(), 'score': value, 'loss': loss, 'effects': _effects(score, review.text)}
      for loss, value, review in shown]}


def _effects(score: explanation.Score, text: str) -> list[tuple[str, float]]:
  effects = explanation.explain(score, text, max_effects=_EXPLAINED_WORDS, max_words=_EXPLAINED_WORDS)
  return [(word, effect) for word, effect in effects if math.isfinite(effect)]


def count_unknown(count_known_words: Optional[explanation.Score], reviews: Sequence[Review]) -> Optional[int]:
  """Count the reviews that hold no word that the model knows.

  Args:
    count_known_words: texts -> how many words of each the model knows; None if it does not tell.
    reviews: the reviews.

  Returns:
    Their number; None if the model does not tell.
  """
  if count_known_words is None:
    return None
  return sum(count == 0 for count in count_known_words([review.text for review in reviews]))


def _log_loss(score: float, label: int) -> float:
  odds = explanation.log_odds(score)
  return math.log1p(math.exp(-odds if label == 1 else odds))
