"""The line for the terminal: how many words have a vector."""

from components.common import progress_line


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  dimension, vocabulary, tokens, learned = (
      execution.value('word_vectors', name)
      for name in ('dimension', 'vocabulary_coverage', 'token_coverage', 'learned'))
  return progress_line.Description(
      f'{dimension} dimensions{", learned from the reviews" if learned else ""}, covering {vocabulary:.1%} of the '
      f'vocabulary, {tokens:.1%} of the words in train')
