"""The line for the terminal: where the model card is."""

import os

from components.common import description


def card_path(execution: description.Execution) -> str:
  """Return the path of the card as a web page."""
  return os.path.join(execution.uri('card'), 'model_card.html')


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  return description.Description(card_path(execution))
