"""The rule that turns a probability into a predicted class. Needs the standard library only."""

THRESHOLD = 0.5  # as TensorFlow Model Analysis counts accuracy: a probability above it is positive


def is_positive(probability: float) -> bool:
  """Return whether a text is predicted positive.

  Args:
    probability: of the positive class, from 0 to 1.

  Returns:
    True above the threshold; False at or below it.
  """
  return probability > THRESHOLD
