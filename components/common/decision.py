"""The rule that turns a probability into a predicted class. Needs the standard library only."""

from typing import Any, Mapping, Optional

THRESHOLD = 0.5  # as TensorFlow Model Analysis counts accuracy: a probability above it is positive
# Key of a version's manifest, and of a server's metadata: the threshold that was chosen for it, and its target.
RECORD = 'decision'
FILE = 'decision.json'  # that record, in the artifact of DecisionThreshold


def is_positive(probability: float, threshold: float = THRESHOLD) -> bool:
  """Return whether a text is predicted positive.

  Args:
    probability: of the positive class, from 0 to 1.
    threshold: of the model that gave it. Models are evaluated and compared at THRESHOLD.

  Returns:
    True above the threshold; False at or below it.
  """
  return probability > threshold


def name_prediction(probability: float, known_words: Optional[float], threshold: float = THRESHOLD) -> str:
  """Name the prediction for a text.

  Args:
    probability: of the positive class, from 0 to 1.
    known_words: number of words of the text that the model knows; None if the model does not tell.
    threshold: see `is_positive`.

  Returns:
    'positive', 'negative', or 'unknown' for a text of which the model knows no word: its probability is that of any
    such text.
  """
  if known_words == 0:
    return 'unknown'
  return 'positive' if is_positive(probability, threshold) else 'negative'


def recorded_threshold(record: Mapping[str, Any]) -> float:
  """Return the threshold of a model.

  Args:
    record: a manifest, or what a server says of its model; RECORD may be missing.
  """
  return (record.get(RECORD) or {}).get('threshold', THRESHOLD)
