"""Labels from a teacher: the scores that another model gave to training examples become soft labels.

After G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015. The cross-entropy is linear in the label,
so a label that is mixed of two has the loss that is mixed of theirs: no model needs a loss of its own for it.
"""

import dataclasses
from typing import Any, Optional

import tensorflow as tf

from models import features as keys

_EPSILON = 1e-6  # scores are read no closer to 0 and 1, where the logit is infinite
_SEPARATOR = '\t'


@dataclasses.dataclass(frozen=True)
class TeacherLabels:
  """The labels that a training learns from if there is a teacher.

  Attributes:
    path: of the scores: lines of key (features.TEACHER_KEYS and the review_id), tab and probability.
    weight: share of the teacher's label, from 0 to 1, in an example of train; the rest is its real label.
    temperature: the teacher's logits are divided by it: above 1, its labels are less sure.
    fills_missing: whether the model labels unlabeled reviews without a score itself, see models.training.pseudo_labels;
      otherwise they are not read. Sentences without a score are never read.
  """

  path: str
  weight: float
  temperature: float
  fills_missing: bool

  def load_table(self) -> tf.lookup.StaticHashTable:
    """Return the scores by key, in the current graph or eagerly; -1 for keys without a score."""
    columns = tf.lookup.TextFileInitializer(
        self.path, tf.string, 0, tf.float32, 1, delimiter=_SEPARATOR)
    return tf.lookup.StaticHashTable(columns, -1.0)

  def is_read(self, table: tf.lookup.StaticHashTable, labels: tf.Tensor, review_ids: tf.Tensor) -> tf.Tensor:
    """Return which examples have something to learn from.

    Args:
      table: of `load_table`.
      labels: int64 [batch], NO_LABEL where the label is missing.
      review_ids: string [batch].

    Returns:
      bool [batch].
    """
    has_label = tf.not_equal(labels, keys.NO_LABEL) | (_look_up(table, labels, review_ids) >= 0)
    if not self.fills_missing:
      return has_label
    return has_label | ~tf.strings.regex_full_match(review_ids, f'{keys.SENTENCE_ID}.*')

  def mix(self, table: tf.lookup.StaticHashTable, labels: tf.Tensor, review_ids: tf.Tensor) -> tf.Tensor:
    """Mix real labels and the teacher's; see `is_read`.

    Returns:
      float32 [batch]: from 0 to 1, or NO_LABEL.
    """
    scores, real = _look_up(table, labels, review_ids), tf.cast(labels, tf.float32)
    mixed = self.weight * soften(scores, self.temperature) + (1 - self.weight) * real
    soft = tf.where(tf.equal(labels, keys.NO_LABEL), soften(scores, self.temperature), mixed)
    return tf.where(scores < 0, real, soft)


def soften(scores: tf.Tensor, temperature: float) -> tf.Tensor:
  """Divide the logits of probabilities by a temperature.

  Args:
    scores: float32 [batch], from 0 to 1.
    temperature: above 0.

  Returns:
    float32 [batch].
  """
  scores = tf.clip_by_value(scores, _EPSILON, 1 - _EPSILON)
  return tf.sigmoid((tf.math.log(scores) - tf.math.log1p(-scores)) / temperature)


def create(path: Optional[str], hparams: Any) -> Optional[TeacherLabels]:
  """Return the labels of a training; None without a teacher.

  Args:
    path: of the teacher's scores, or None.
    hparams: of the student, see models.hparams.Hparams.
  """
  if path is None:
    return None
  return TeacherLabels(path, hparams.teacher_weight, hparams.teacher_temperature, hparams.unlabeled)


def _look_up(table, labels, review_ids):
  unlabeled, labeled = keys.TEACHER_KEYS
  return table.lookup(tf.where(tf.equal(labels, keys.NO_LABEL), unlabeled, labeled) + review_ids)
