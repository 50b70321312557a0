"""Scoring of texts with a SavedModel in this process. Needs TensorFlow, but not TFX."""

import os
from typing import Callable, Optional, Sequence

import tensorflow as tf

from components.common import errors
from components.common import length_batches
from components.common import wildcards
from models import features


def load_scorer(saved_model: str, threads: Optional[int] = None) -> Callable[[Sequence[str]], list[float]]:
  """Load a SavedModel that scores texts.

  Args:
    saved_model: path of its directory.
    threads: number of batches to score at the same time; None for one per core.

  Returns:
    A function: texts -> their probabilities of the positive class, in the order of the texts. It raises ValueError if
    the model fails.

  Raises:
    ValueError: there is no such model, or it cannot be loaded or has no signature for texts.
  """
  try:
    with wildcards.plain_path(saved_model) as path:
      model = tf.saved_model.load(path)
    signature = model.signatures[features.TEXT_SIGNATURE]
  except Exception as error:  # pylint: disable=broad-except  # TensorFlow raises errors of many types
    raise ValueError(f'{saved_model}: not a loadable model with the signature {features.TEXT_SIGNATURE} '
                     f'({errors.summarize(error)}); choose another version, or train and push again') from error

  def score_batch(texts):
    try:
      return signature(**{features.TEXT: tf.constant(texts)})[features.SCORES].numpy()[:, 0]
    except tf.errors.OpError as error:
      raise ValueError(f'{saved_model}: the model failed ({errors.summarize(error)})') from error
  # The signature's variables live only as long as the model does.
  score_batch.model = model  # type: ignore[attr-defined]
  return length_batches.score_in_batches(score_batch, threads or os.cpu_count())
