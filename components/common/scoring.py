"""Scoring of texts with a SavedModel in this process. Needs TensorFlow, but not TFX."""

import os
from typing import Callable, Optional, Sequence

import tensorflow as tf

from components.common import errors
from components.common import length_batches
from components.common import wildcards
from models import features

Scorer = Callable[[Sequence[str]], list[float]]


def load_scorer(saved_model: str, threads: Optional[int] = None) -> Scorer:
  """Load a SavedModel that scores texts; see `load_scorers`."""
  return load_scorers(saved_model, threads)[0]


def load_scorers(saved_model: str, threads: Optional[int] = None) -> tuple[Scorer, Optional[Scorer]]:
  """Load a SavedModel that scores texts.

  Args:
    saved_model: path of its directory.
    threads: number of batches to score at the same time; None for one per core.

  Returns:
    Two functions of texts, whose results are in the order of the texts: their probabilities of the positive class, and
    how many words of each the model knows; None if it does not tell, as models of earlier versions. Both raise
    ValueError if the model fails.

  Raises:
    ValueError: there is no such model, or it cannot be loaded or has no signature for texts.
  """
  try:
    with wildcards.plain_path(saved_model) as path:
      model = tf.saved_model.load(path)
    scorer = _make_scorer(model, saved_model, features.TEXT_SIGNATURE, features.SCORES, threads)
  except Exception as error:  # pylint: disable=broad-except  # TensorFlow raises errors of many types
    raise ValueError(f'{saved_model}: not a loadable model with the signature {features.TEXT_SIGNATURE} '
                     f'({errors.summarize(error)}); choose another version, or train and push again') from error

  if features.COVERAGE_SIGNATURE not in model.signatures:
    return scorer, None
  return scorer, _make_scorer(model, saved_model, features.COVERAGE_SIGNATURE, features.KNOWN_WORDS, threads)


def _make_scorer(model, saved_model, name, output, threads):
  signature = model.signatures[name]

  def score_batch(texts):
    try:
      result = signature(**{features.TEXT: tf.constant(texts)})[output].numpy()
      return result[:, 0] if output == features.SCORES else result
    except tf.errors.OpError as error:
      raise ValueError(f'{saved_model}: the model failed ({errors.summarize(error)})') from error
  # The signature's variables live only as long as the model does.
  score_batch.model = model  # type: ignore[attr-defined]
  return length_batches.score_in_batches(score_batch, threads or os.cpu_count())
