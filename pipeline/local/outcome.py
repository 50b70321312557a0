"""What a run came to."""

from typing import NamedTuple, Optional


class Outcome(NamedTuple):
  """What a run came to.

  Attributes:
    blessed: whether the model passed all checks.
    report: path of the page that tells more; None if it could not be written.
  """

  blessed: bool
  report: Optional[str]
