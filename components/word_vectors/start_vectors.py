"""The vectors that the words of a vocabulary start from."""

from typing import Sequence

from components.word_vectors import glove
from models.text import display


def read(path: str, vocabulary: Sequence[bytes], seed: int) -> glove.Rows:
  """Read the vectors of a vocabulary; a word with a NOT_ mark has the vector of the word itself.

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
  words = {word: row for row, word in enumerate(dict.fromkeys(plain))}
  rows = glove.read(path, list(words), seed)
  index = [words[word] for word in plain]
  return glove.Rows(rows.matrix[index], rows.found[index], rows.duplicates)
