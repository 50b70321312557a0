"""The line for the terminal: the number of augmented examples by kind."""

import json

from components.common import progress_line
from models import features


def counts(execution: progress_line.Execution) -> dict[str, int]:
  """Return the number of augmented examples by kind."""
  return json.loads(execution.value('augmented_examples', features.AUGMENTED) or '{}')


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  made = counts(execution)
  return progress_line.Description(
      f'{sum(made.values()):,} augmented examples: ' + ', '.join(f'{kind} {count:,}' for kind, count in made.items()))
