"""The line for the terminal: the number of sentences."""

from components.common import progress_line
from models import features


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  count = execution.value('examples_with_sentences', features.SENTENCES)
  return progress_line.Description(f'{count:,} sentences cut out of reviews, for the teacher to label')
