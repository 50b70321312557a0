"""Where word vectors come from: a file in GloVe's text format, or the reviews of the run."""

from components.word_vectors import glove

REVIEWS = 'reviews'  # in place of a file: the vectors are learned from the reviews


def check(embeddings: str) -> None:
  """Check that vectors can come from a source.

  Args:
    embeddings: see `glove.check`, or REVIEWS.

  Raises:
    ValueError: they cannot; the message says what to do.
  """
  if embeddings != REVIEWS:
    glove.check(embeddings)


def content_hash(embeddings: str) -> str:
  """Return the SHA-256 of a file of vectors, in hex; empty for REVIEWS, which are inputs of the component."""
  return '' if embeddings == REVIEWS else glove.content_hash(embeddings)
