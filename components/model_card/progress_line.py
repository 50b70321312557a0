"""The line for the terminal: where the model card is."""

import os

from components.common import progress_line


def card_path(execution: progress_line.Execution) -> str:
  """Return the path of the card as a web page."""
  return os.path.join(execution.uri('card'), 'model_card.html')


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  return progress_line.Description(card_path(execution))
