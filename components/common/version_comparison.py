"""How a candidate compares with the versions pushed before it: what the Evaluator writes, and others read."""

import json
import os
from typing import Any, Mapping, NamedTuple, Optional

from tfx.dsl.io import fileio

_FILE = 'version_comparison.json'
ROLES = {'baseline': 'the served version', 'best': 'the best version kept'}


class Compared(NamedTuple):
  """A candidate and a version, on the same reviews.

  Attributes:
    role: one of ROLES.
    version: its number.
    model: the name of its model; empty if that was not recorded.
    sha256: of its SavedModel.
    model_uri: the directory of the artifact that was pushed; empty if that was not recorded.
    accuracy: of the version on these reviews.
    auc: its area under the ROC curve, None if there is one class only.
    difference: the candidate's accuracy minus this one.
    interval: the 95 % interval (low, high) of the difference; see components.common.paired_test.
    p_value: of the test that both are equally good.
    only_candidate: number of reviews that only the candidate gets right.
    only_version: number of reviews that only the version gets right.
    rescored: whether the version was scored in this run, because its scores were of other reviews.
  """

  role: str
  version: int
  model: str
  sha256: str
  model_uri: str
  accuracy: float
  auc: Optional[float]
  difference: float
  interval: tuple[float, float]
  p_value: float
  only_candidate: int
  only_version: int
  rescored: bool

  def is_too_low(self, max_drop: Optional[float]) -> bool:
    """Return whether the candidate is refused for its accuracy.

    Args:
      max_drop: how much lower it may be; None for any.

    Returns:
      True if the drop is larger than that, and significant: the interval of the difference excludes 0.
    """
    return max_drop is not None and self.difference < -max_drop and self.interval[1] < 0

  @property
  def name(self) -> str:
    """The version as users know it: 'the served version 1795485444 (cnn)'."""
    return f'{ROLES[self.role]} {self.version}' + (f' ({self.model})' if self.model else '')

  @property
  def change(self) -> str:
    """The difference as users see it: '-0.0221, 95 % interval -0.0301 to -0.0141'."""
    low, high = self.interval
    return f'{self.difference:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}'


class Comparison(NamedTuple):
  """The comparisons of an evaluation.

  Attributes:
    reviews: number of reviews in the split.
    invalid_scores: number of reviews for which the candidate returned no probability.
    data_hash: of the reviews, see components.common.review_scores.hash_data.
    max_drop: the threshold of `Compared.is_too_low`.
    ignored_baseline: whether the user chose to compare with no version.
    compared: one for each version that the candidate was compared with; a baseline that is also the best is one.
  """

  reviews: int
  invalid_scores: int
  data_hash: str
  max_drop: Optional[float]
  ignored_baseline: bool
  compared: tuple[Compared, ...]


def write_comparison(comparison: Comparison, evaluation: str) -> None:
  """Write a comparison to the directory of an evaluation artifact."""
  content = {**comparison._asdict(), 'compared': [each._asdict() for each in comparison.compared]}
  with fileio.open(os.path.join(evaluation, _FILE), 'w') as file:
    file.write(json.dumps(content, indent=2, allow_nan=False))


def read_comparison(evaluation: str) -> Optional[Comparison]:
  """Read what `write_comparison` wrote; None for an evaluation of version 0.2.0 or before."""
  path = os.path.join(evaluation, _FILE)
  if not fileio.exists(path):
    return None
  with fileio.open(path) as file:
    content: Mapping[str, Any] = json.loads(file.read())
  compared = tuple(Compared(**{**each, 'interval': tuple(each['interval'])}) for each in content['compared'])
  return Comparison(**{**content, 'compared': compared})
