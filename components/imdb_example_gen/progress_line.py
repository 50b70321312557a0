"""The line for the terminal: the number of reviews in each split, and what was done to the data."""

from components.common import progress_line
from components.imdb_example_gen import executor
from models import features

_REMARKS = {
    executor.CROSS_SPLIT_DUPLICATES: ('cross-split duplicate dropped', 'cross-split duplicates dropped'),
    executor.CONTRADICTING: ('text with both labels', 'texts with both labels'),
    executor.SAMPLE: ('review of SAMPLE DATA', 'reviews of SAMPLE DATA'),
    executor.CLEANED: ('text with invalid bytes replaced', 'texts with invalid bytes replaced'),
}


def split_counts(execution: progress_line.Execution) -> dict[str, int]:
  """Return the number of examples in train, eval and test."""
  return {split: execution.value('examples', split) for split in features.SPLITS}


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  parts = [f'{split} {count:,}' for split, count in split_counts(execution).items()]
  unlabeled = execution.value('examples', features.UNLABELED)
  if unlabeled:
    parts.append(f'{features.UNLABELED} {unlabeled:,}')
  for name, nouns in _REMARKS.items():
    count = execution.value('examples', name)
    if count:
      parts.append(progress_line.count_noun(count, *nouns))
  return progress_line.Description(', '.join(parts))
