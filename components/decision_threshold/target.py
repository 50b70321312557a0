"""Targets of a decision threshold, and the threshold that meets one on scored, labelled texts."""

import math
import re
from typing import NamedTuple, Optional

import numpy as np

_NUMBER = r'(\d+(?:\.\d*)?|\.\d+)'
_FORMS = {
    'precision': re.compile(rf'precision>?={_NUMBER}'),
    'recall': re.compile(rf'recall>?={_NUMBER}'),
    'f': re.compile(rf'f{_NUMBER}'),
    'cost': re.compile(rf'cost={_NUMBER}:{_NUMBER}'),
}


class Target(NamedTuple):
  """What a threshold should achieve.

  Attributes:
    kind: precision or recall, of at least `value` with the other one as high as possible; f, the highest F-beta score
      with beta = `value`; or cost, the lowest sum of the costs of all errors.
    value: see `kind`; for cost, the cost of a false positive.
    other: the cost of a false negative.
  """

  kind: str
  value: float
  other: float = math.nan


def parse(text: str) -> Target:
  """Parse a target.

  Args:
    text: such as precision>=0.95, recall>=0.9, f1, f0.5 or cost=5:1 (of a false positive and of a false negative).

  Returns:
    The target.

  Raises:
    ValueError: the text is none of these.
  """
  for kind, form in _FORMS.items():
    if match := form.fullmatch(text.replace(' ', '').lower()):
      target = Target(kind, *map(float, match.groups()))
      if kind in ('precision', 'recall') and not 0 < target.value <= 1:
        raise ValueError(f'decision {text!r}: {kind} must be above 0 and at most 1')
      if not target.value > 0 or target.other == 0:
        raise ValueError(f'decision {text!r}: its numbers must be above 0')
      return target
  raise ValueError(f'decision must be precision>=P, recall>=R, fBETA such as f1, or cost=FALSE_POSITIVE:FALSE_NEGATIVE '
                   f'such as cost=5:1, not {text!r}')


def choose_threshold(scores: np.ndarray, labels: np.ndarray, target: Target) -> Optional[float]:
  """Choose the threshold that meets a target best.

  Args:
    scores: float [texts], probabilities of the positive class.
    labels: int [texts], 1 positive and 0 negative, both present.
    target: what to achieve.

  Returns:
    The threshold, halfway between two scores, above which a score is positive; None if no threshold reaches the target.
  """
  # A candidate for each number of distinct scores that are positive, the highest ones first.
  distinct, inverse = np.unique(-np.asarray(scores, np.float64), return_inverse=True)
  edges = np.concatenate(([1.0], -distinct, [0.0]))
  candidates = (edges[:-1] + edges[1:]) / 2
  true_positives, false_positives = (
      np.concatenate(([0], np.cumsum(np.bincount(inverse, labels == label, len(distinct))))) for label in (1, 0))
  # A score of 0 is above no threshold.
  usable = np.concatenate(([True], -distinct > candidates[1:]))
  precision = true_positives / np.maximum(true_positives + false_positives, 1)
  recall = true_positives / true_positives[-1]
  if target.kind == 'precision':
    usable &= precision >= target.value
    merits = recall, precision
  elif target.kind == 'recall':
    usable &= recall >= target.value
    merits = precision, recall
  elif target.kind == 'f':
    weight = target.value ** 2
    merits = ((1 + weight) * precision * recall / np.maximum(weight * precision + recall, 1e-12), precision)
  else:
    false_negatives = true_positives[-1] - true_positives
    merits = -(target.value * false_positives + target.other * false_negatives), precision
  if not usable.any():
    return None
  best = np.lexsort((merits[1], merits[0], usable))[-1]
  return float(candidates[best])
