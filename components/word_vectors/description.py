"""The line for the terminal: how many words have a vector."""

from components.common import description


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  dimension, vocabulary, tokens = (
      execution.value('word_vectors', name) for name in ('dimension', 'vocabulary_coverage', 'token_coverage'))
  return description.Description(
      f'{dimension} dimensions, covering {vocabulary:.1%} of the vocabulary, {tokens:.1%} of the words in train')
