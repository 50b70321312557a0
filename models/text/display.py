"""People's words in place of the text graph's own: without NOT_ marks, and with contractions as one word."""

from typing import Sequence

from models.text import negation

_MARK, _CONTRACTION = negation.MARK.encode(), negation.CONTRACTION.encode()


def describe(ngram: str) -> str:
  """Return an n-gram as people read it: `not NOT_good` is `not good`, and `NOT_good` is `good (negated)`."""
  plain = ngram.replace(negation.MARK, '').replace(f' {negation.CONTRACTION}', negation.CONTRACTION)
  return f'{plain} (negated)' if ngram.startswith(negation.MARK) else plain


def unmark(word: bytes) -> bytes:
  """Return a word without its NOT_ mark."""
  return word.removeprefix(_MARK)


def plain_words(vocabulary: Sequence[bytes]) -> list[bytes]:
  """Return the words of a vocabulary as people write them, each once, in their order."""
  words = dict.fromkeys(map(unmark, vocabulary))
  words.pop(_CONTRACTION, None)
  return list(words)


def known_words(vocabulary: Sequence[bytes]) -> set[bytes]:
  """Return the words of texts that a vocabulary covers."""
  words = set(plain_words(vocabulary))
  return words | {word + _CONTRACTION for word in words} if _CONTRACTION in vocabulary else words
