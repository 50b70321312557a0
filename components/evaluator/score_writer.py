"""Writes the score of each review to a file, beside what TFMA makes of the same extracts."""

import contextlib
import contextvars
import logging
import time
from typing import Any, Iterator, Mapping, Optional

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.common import review_scores
from models import features

_log = logging.getLogger(__name__)  # pipeline.local.progress shows these messages to the user
_PAUSE = 10.0  # seconds between two messages, so that a fast model has none
# TFX builds the extractors by name, with arguments of its own only, and loads their module anew.
_target: contextvars.ContextVar[Optional[tuple[str, int]]] = contextvars.ContextVar('_target', default=None)


@contextlib.contextmanager
def write_scores_to(path: str, size: int) -> Iterator[None]:
  """Make pipelines that are built in this context write their scores to a file, by `review_scores.write_scores`.

  Args:
    path: of the file.
    size: number of reviews that will be scored, for the messages about the time left.
  """
  token = _target.set((path, size))
  try:
    yield
  finally:
    _target.reset(token)


class WriteScores(beam.PTransform):
  """Writes the scores of TFMA's batches of extracts to the file of `write_scores_to`, or nowhere outside of it."""

  def __init__(self) -> None:
    super().__init__()
    self._target = _target.get()

  def expand(self, extracts: beam.PCollection) -> beam.pvalue.PDone:  # pylint: disable=arguments-renamed
    """Add the writing to a pipeline; see beam.PTransform."""
    if self._target is not None:
      path, size = self._target
      # One write of all, so that the file is whole or missing: a score takes some 50 bytes.
      _ = (extracts | 'ToScores' >> beam.ParDo(_ToScores(size)) | 'All' >> beam.combiners.ToList()
           | 'Write' >> beam.Map(review_scores.write_scores, path))
    return beam.pvalue.PDone(extracts.pipeline)


class _ToScores(beam.DoFn):
  """Turns TFMA's extracts of a batch into ReviewScores, and logs how far this worker has come."""

  def __init__(self, size: int):
    super().__init__()
    self._size, self._scored, self._start, self._last_message = size, 0, 0.0, 0.0

  def setup(self):
    """Note the time before the first batch; see beam.DoFn."""
    self._start = self._last_message = time.monotonic()

  def process(self, extracts: Mapping[str, Any]) -> Iterator[review_scores.ReviewScores]:  # pylint: disable=arguments-renamed
    """Yield the scores of a batch; see beam.DoFn."""
    read = extracts[tfma.FEATURES_KEY]
    texts, ids = (np.ravel(read[name]) for name in (features.TEXT, features.REVIEW_ID))
    yield review_scores.ReviewScores(
        np.array([id_.decode(errors='replace') for id_ in ids], object),
        np.array([review_scores.hash_text(text) for text in texts], np.uint64),
        extracts[tfma.LABELS_KEY][:, 0].astype(np.int64), extracts[tfma.PREDICTIONS_KEY][:, 0].astype(np.float32))
    self._scored += len(texts)
    now = time.monotonic()
    if now >= self._last_message + _PAUSE:
      self._last_message = now
      speed = self._scored / (now - self._start)
      _log.info('%s of %s reviews scored, %.0f reviews/s, %.0f min left', f'{self._scored:,}', f'{self._size:,}', speed,
                max(0, self._size - self._scored) / speed / 60)
