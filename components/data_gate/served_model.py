"""What the data gate asks of the served model: which version it is, its vocabulary, and how many labels it predicts."""

import os
import time
from typing import NamedTuple, Optional, Sequence

from scipy import stats

from components.common import decision
from components.common import examples as examples_lib
from components.common import scoring
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions
from models import features
from models.text import display

MIN_ACCURACY, MAX_DROP = 0.5, 0.05
_MAX_SECONDS, _PART = 5, 500  # a slow model scores fewer texts, at least one part of this size
_CONFIDENCE = 0.95


class Agreement(NamedTuple):
  """How many labels of new examples the served model predicts.

  Attributes:
    correct: number of examples whose label it predicts.
    scored: number of examples.
    recorded: its accuracy on its own test data, before it was pushed; None if that was not recorded.
  """

  correct: int
  scored: int
  recorded: Optional[float]

  @property
  def accuracy(self) -> float:
    """The share of the labels, from 0 to 1."""
    return self.correct / self.scored

  @property
  def is_drop(self) -> bool:
    """Whether the accuracy is lower than recorded by more than MAX_DROP, and not by chance."""
    if self.recorded is None:
      return False
    bound = stats.binomtest(self.correct, self.scored).proportion_ci(_CONFIDENCE, method='exact').high
    return self.accuracy < self.recorded - MAX_DROP and bound < self.recorded

  @property
  def is_exchange(self) -> bool:
    """Whether the labels look exchanged: predicted worse than at random, by a model that was better before."""
    return self.accuracy < MIN_ACCURACY and (self.recorded is None or self.is_drop)


def find_reference(destination: str, content_hash: Optional[str]) -> Optional[push_and_rollback.Version]:
  """Return the served version; if it was trained on this very data, what it was compared with, and so on.

  So an unchanged second run gives the same result, which can be reused.

  Args:
    destination: the directory that servers watch.
    content_hash: of the source of the new examples.
  """
  return served_versions.reference_version(
      destination,
      lambda manifest: any(record.get('content_hash') == content_hash for record in manifest.get('data', ())))


def read_vocabulary(version: push_and_rollback.Version) -> set[bytes]:
  """Return the words that a version knows; empty if it has no vocabulary of its own.

  Args:
    version: the version; it may have been damaged.
  """
  path = version.path / 'assets' / features.VOCABULARY
  return display.known_words(path.read_bytes().splitlines()) if path.is_file() else set()


def measure(version: push_and_rollback.Version, examples: Sequence[examples_lib.RawExample]) -> Agreement:
  """Score labelled examples, as many as a few seconds allow.

  Args:
    version: the version.
    examples: the examples; at least one.

  Returns:
    How many labels the version predicts.

  Raises:
    ValueError: the version cannot be loaded, or fails.
  """
  score = scoring.load_scorer(os.fspath(version.path))
  parts = -(-len(examples) // _PART)
  correct = scored = 0
  end = time.monotonic() + _MAX_SECONDS
  for number in range(parts):
    if number and time.monotonic() > end:
      break
    part = examples[number::parts]
    scores = score([example.text for example in part])  # type: ignore[misc]
    correct += sum(decision.is_positive(each) == bool(example.label) for each, example in zip(scores, part))
    scored += len(part)
  return Agreement(correct, scored, served_versions.accuracy(version))
