"""Which words move a score: the leave-one-out explanation of any text model. Needs the standard library only."""

import html
import math
import re
from typing import Callable, Iterator, NamedTuple, Sequence
import unicodedata

from models.text import characters

Score = Callable[[list[str]], Sequence[float]]  # texts -> their probabilities of the positive class

# An HTML tag or, in group 1, a word without the punctuation around it.
_WORD = re.compile(r'<[^<>]*>|([^\W_](?:[^\s<>]*[^\W_])?)')
MAX_CHARACTERS, MAX_WORDS = 20_000, 500  # of a text, and of its distinct words: an explanation considers no more
_PLAIN = re.compile(r"[\x00-%'-_a-\x7F]*")
_PIECE = re.compile(r'&(?:#\d+|#[xX][\da-fA-F]+|[A-Za-z][A-Za-z\d]*);?|.', re.DOTALL | re.ASCII)
_APOSTROPHE = re.compile(f'[`{characters.APOSTROPHES}]| [{characters.ACCENTS}]')
_INVISIBLE = re.compile(f'[{characters.INVISIBLE}]')
_MIN_PROBABILITY = 1e-7  # float32 has no number nearer to 1 than about 1 - 1e-7


class Word(NamedTuple):
  """A word or an HTML tag of a text.

  Attributes:
    start: index of its first character.
    end: index behind its last character.
    key: the word in lower case, the same for all ways of writing it that the text graph makes one; '' for a tag.
  """

  start: int
  end: int
  key: str


def find_words(text: str) -> Iterator[Word]:
  """Yield the words and tags of a text in their order."""
  normal, spans = _normalise(text)
  for match in _WORD.finditer(normal):
    first, last = match.start(), match.end() - 1
    yield Word(spans[first][0] if spans else first, spans[last][1] if spans else last + 1, (match[1] or '').lower())


def word_key(word: str) -> str:
  """Return the key of a word, as `Word` has it."""
  return _normalise(word)[0].lower()


def _normalise(text):
  """Return a text as models.text.normalisation reads it, and which part of the text each character comes from.

  Returns:
    The normal text, and a (start, end) pair for each of its characters; none for plain texts, which stay as they are.
  """
  if _PLAIN.fullmatch(text):
    return text, []
  pieces: list[tuple[str, int, int]] = []
  for match in _PIECE.finditer(text):
    piece, start = html.unescape(match[0]), match.start()
    if pieces and piece and (unicodedata.combining(piece[0]) or _INVISIBLE.match(piece)):
      previous, start, _ = pieces.pop()
      piece = previous + piece
    pieces.append((piece, start, match.end()))
  normal, spans = [], []
  for piece, start, end in pieces:
    unified = _INVISIBLE.sub('', _APOSTROPHE.sub("'", unicodedata.normalize('NFKC', piece)))
    normal.append(unified)
    spans += [(start, end)] * len(unified)
  return ''.join(normal), spans


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
    [(word in lower case, as the text has it first, effect)] in descending order of the effect's absolute value. The
    effect is the log-odds of the text minus those of the text without any occurrence of the word, however it is
    written: positive if the word speaks for the positive class.
  """
  text = text[:MAX_CHARACTERS]
  found = [word for word in find_words(text) if word.key]
  words = {word.key: text[word.start:word.end].lower() for word in reversed(found)}
  keys = list(dict.fromkeys(word.key for word in found))[:max_words]
  text_log_odds, *reduced_log_odds = map(log_odds, score([text, *(_remove(key, text, found) for key in keys)]))
  effects = [(words[key], text_log_odds - reduced) for key, reduced in zip(keys, reduced_log_odds)]
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


def _remove(key: str, text: str, words: Sequence[Word]) -> str:
  parts, end = [], 0
  for word in words:
    if word.key == key:
      parts.append(text[end:word.start])
      end = word.end
  return ''.join([*parts, text[end:]])
