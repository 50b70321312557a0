"""Writes the score of each review to a file, beside what TFMA makes of the same extracts."""

import contextlib
import contextvars
from typing import Any, Iterator, Mapping, Optional

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.common import review_scores
from models import features

# TFX builds the extractors by name, with arguments of its own only, and loads their module anew.
_path: contextvars.ContextVar[Optional[str]] = contextvars.ContextVar('_path', default=None)


@contextlib.contextmanager
def write_scores_to(path: str) -> Iterator[None]:
  """Make pipelines that are built in this context write their scores to a file, by `review_scores.write_scores`."""
  token = _path.set(path)
  try:
    yield
  finally:
    _path.reset(token)


class WriteScores(beam.PTransform):
  """Writes the scores of TFMA's batches of extracts to the file of `write_scores_to`, or nowhere outside of it."""

  def __init__(self) -> None:
    super().__init__()
    self._path = _path.get()

  def expand(self, extracts: beam.PCollection) -> beam.pvalue.PDone:  # pylint: disable=arguments-renamed
    """Add the writing to a pipeline; see beam.PTransform."""
    if self._path is not None:
      # One write of all, so that the file is whole or missing: a score takes some 50 bytes.
      _ = (extracts | 'ToScores' >> beam.Map(_to_scores) | 'All' >> beam.combiners.ToList()
           | 'Write' >> beam.Map(review_scores.write_scores, self._path))
    return beam.pvalue.PDone(extracts.pipeline)


def _to_scores(extracts: Mapping[str, Any]) -> review_scores.ReviewScores:
  """Return the scores of a batch of TFMA's extracts."""
  read = extracts[tfma.FEATURES_KEY]
  texts, ids = (np.ravel(read[name]) for name in (features.TEXT, features.REVIEW_ID))
  return review_scores.ReviewScores(
      np.array([id_.decode(errors='replace') for id_ in ids], object),
      np.array([review_scores.hash_text(text) for text in texts], np.uint64),
      extracts[tfma.LABELS_KEY][:, 0].astype(np.int64), extracts[tfma.PREDICTIONS_KEY][:, 0].astype(np.float32))
