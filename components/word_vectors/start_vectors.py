"""The vectors that the words of a vocabulary start from."""

from typing import Sequence

from components.word_vectors import glove
from models.text import display
from models.text import identity_terms


def read(path: str, vocabulary: Sequence[bytes], seed: int) -> glove.Rows:
  """Read the vectors of a vocabulary.

  A word with a NOT_ mark has the vector of the word itself, and the shared token of identity terms the mean of theirs.

  Args:
    path: see glove.read.
    vocabulary: the words by id.
    seed: see glove.read.

  Returns:
    The rows by id.

  Raises:
    ValueError: see glove.read.
  """
  plain = [display.unmark(word) for word in vocabulary]
  terms = [term.encode() for term in identity_terms.TERMS] if display.SHARED_TOKEN in plain else []
  words = {word: row for row, word in enumerate(dict.fromkeys([*plain, *terms]))}
  rows = glove.read(path, list(words), seed)
  found_terms = [words[term] for term in terms if rows.found[words[term]]]
  if found_terms:
    rows.matrix[words[display.SHARED_TOKEN]] = rows.matrix[found_terms].mean(axis=0)
    rows.found[words[display.SHARED_TOKEN]] = True
  index = [words[word] for word in plain]
  return glove.Rows(rows.matrix[index], rows.found[index], rows.duplicates)
