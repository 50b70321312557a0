"""Which words move a score: the leave-one-out explanation of any text model. Needs the standard library only."""

import math
import re
from typing import Callable, Sequence

Score = Callable[[list[str]], Sequence[float]]  # texts -> their probabilities of the positive class

# An HTML tag or, in group 1, a word without the punctuation around it.
WORD = re.compile(r'<[^<>]*>|([^\W_](?:[^\s<>]*[^\W_])?)')
MAX_CHARACTERS, MAX_WORDS = 20_000, 500  # of a text, and of its distinct words: an explanation considers no more
_MIN_PROBABILITY = 1e-7  # float32 has no number nearer to 1 than about 1 - 1e-7


def explain(score: Score, text: str, max_effects: int = 8, max_words: int = MAX_WORDS) -> list[tuple[str, float]]:
  """Find the words that move a score most, by scoring the text without each of them.

  This works with any model, and is exact for a linear model over words. The method is known as leave-one-out or
  occlusion (J. Li, W. Monroe and D. Jurafsky, Understanding Neural Networks through Representation Erasure, 2016).

  Args:
    score: texts -> their probabilities of the positive class.
    text: the text; only its first MAX_CHARACTERS characters are scored.
    max_effects: number of words to return at most.
    max_words: number of distinct words to consider at most, from the start of the text.

  Returns:
    [(word in lower case, effect)] in descending order of the effect's absolute value. The effect is the log-odds of the
    text minus those of the text without any occurrence of the word: positive if the word speaks for the positive class.
  """
  text = text[:MAX_CHARACTERS]
  words = list(dict.fromkeys(match[1].lower() for match in WORD.finditer(text) if match[1]))[:max_words]
  text_log_odds, *reduced_log_odds = map(log_odds, score([text, *(_remove(word, text) for word in words)]))
  effects = [(word, text_log_odds - reduced) for word, reduced in zip(words, reduced_log_odds)]
  return sorted(effects, key=lambda effect: -abs(effect[1]))[:max_effects]


def log_odds(probability: float) -> float:
  """Return the natural logarithm of p / (1 - p), finite for 0 and 1 too.

  Args:
    probability: p, from 0 to 1.

  Returns:
    The log-odds, at most about 16.1 in absolute value.
  """
  probability = min(max(float(probability), _MIN_PROBABILITY), 1 - _MIN_PROBABILITY)
  return math.log(probability / (1 - probability))


def _remove(word: str, text: str) -> str:
  return WORD.sub(lambda match: '' if (match[1] or '').lower() == word else match[0], text)
