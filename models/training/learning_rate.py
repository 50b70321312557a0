"""Learning-rate schedules: the rate of the current training step."""

from typing import Any, Union

import tensorflow as tf


def from_hparams(hparams: Any) -> Union[float, tf.Tensor]:
  """Return the learning rate that the hyper-parameters of a sequence model ask for.

  Args:
    hparams: models.networks.embedding.SequenceHparams, of which `learning_rate`, `decay` and `train_steps` are read.

  Returns:
    A constant, or float32 scalar if the rate decays.
  """
  return linear_decay(hparams.learning_rate, hparams.train_steps) if hparams.decay else hparams.learning_rate


def linear_decay(initial: float, train_steps: int) -> tf.Tensor:
  """Return a rate that decays linearly from `initial` to 0 at step `train_steps`: float32 scalar."""
  step = tf.compat.v1.train.get_or_create_global_step()
  return tf.compat.v1.train.polynomial_decay(initial, step, train_steps, end_learning_rate=0.0)


def warm_up_and_decay(highest: float, train_steps: int, warm_up: float) -> tf.Tensor:
  """Return a rate that rises linearly from 0 and then decays linearly to 0 at step `train_steps`: float32 scalar.

  Args:
    highest: the rate at the end of the rise.
    train_steps: number of steps.
    warm_up: share of the steps in which the rate rises.
  """
  step = tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.float32)
  peak = max(1.0, warm_up * train_steps)
  return highest * tf.maximum(0.0, tf.minimum((step + 1) / peak, (train_steps - step) / max(1.0, train_steps - peak)))


def half_life_decay(initial: float, half_life: int) -> tf.Tensor:
  """Return a rate that decays exponentially, to half of its value in `half_life` steps: float32 scalar."""
  step = tf.compat.v1.train.get_or_create_global_step()
  return tf.compat.v1.train.exponential_decay(initial, step, half_life, 0.5)
