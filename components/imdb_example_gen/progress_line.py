"""The line for the terminal: the number of reviews in each split, and what was done to the data."""

from components.common import progress_line
from components.imdb_example_gen import executor
from components.imdb_example_gen import review
from models import features

_REMARKS = {
    executor.CROSS_SPLIT_DUPLICATES: ('cross-split duplicate dropped', 'cross-split duplicates dropped'),
    executor.NEAR_DUPLICATES: ('near-duplicate dropped', 'near-duplicates dropped'),
    executor.CONTRADICTING: ('text with both labels', 'texts with both labels'),
    executor.SAMPLE: ('review of SAMPLE DATA', 'reviews of SAMPLE DATA'),
    executor.WITHOUT_LABEL: ('row without a label', 'rows without a label'),
    review.REPEATED_MEMBERS: ('repeated member dropped', 'repeated members dropped'),
    review.OTHER_FILES: ('other file ignored', 'other files ignored'),
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
  bad_rows = execution.value('examples', review.BAD_ROWS)
  if not bad_rows:
    return progress_line.Description(', '.join(parts))
  examples = execution.value('examples', executor.BAD_ROW_EXAMPLES).splitlines()
  parts.append(f'WARNING: {progress_line.count_noun(bad_rows, "bad row", "bad rows")} dropped: ' + '; '.join(examples)
               + '; ...' * (bad_rows > len(examples)))
  return progress_line.Description(', '.join(parts), warning=True)
