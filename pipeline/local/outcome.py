"""The outcome of a run."""

from typing import NamedTuple, Optional


class Outcome(NamedTuple):
  """The outcome of a run.

  Attributes:
    blessed: whether the model passed all checks.
    report: path of the page about it; None if it could not be written.
  """

  blessed: bool
  report: Optional[str]
