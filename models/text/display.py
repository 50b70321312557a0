"""People's words in place of the text graph's own: no NOT_ marks, no shared tokens, and contractions in one piece."""

from typing import Sequence

from models.text import identity_terms
from models.text import negation
from models.text import term_sharing

_MARK, _CONTRACTION, SHARED_TOKEN = (
    word.encode() for word in (negation.MARK, negation.CONTRACTION, term_sharing.TOKEN))


def describe(ngram: str) -> str:
  """Return an n-gram as people read it: `not NOT_good` is `not good`, and `NOT_good` is `good (negated)`."""
  plain = ngram.replace(negation.MARK, '').replace(f' {negation.CONTRACTION}', negation.CONTRACTION)
  plain = plain.replace(term_sharing.TOKEN, '(identity term)')
  return f'{plain} (negated)' if ngram.startswith(negation.MARK) else plain


def unmark(word: bytes) -> bytes:
  """Return a word without its NOT_ mark."""
  return word.removeprefix(_MARK)


def plain_words(vocabulary: Sequence[bytes]) -> list[bytes]:
  """Return the words of a vocabulary as people write them, each once, in their order."""
  words = dict.fromkeys(map(unmark, vocabulary))
  return [word for word in words if word not in (_CONTRACTION, SHARED_TOKEN)]


def known_words(vocabulary: Sequence[bytes]) -> set[bytes]:
  """Return the words of texts that a vocabulary covers."""
  words = set(plain_words(vocabulary))
  if _CONTRACTION in vocabulary:
    words |= {word + _CONTRACTION for word in words}
  if SHARED_TOKEN in vocabulary:
    words |= {word.encode() for word in identity_terms.TERMS}
  return words
