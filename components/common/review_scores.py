"""Scores of the reviews of a split, in a file that a pushed version carries, so that no review is scored twice."""

import functools
import hashlib
import os
from typing import NamedTuple, Optional, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from scipy import stats
from tfx.dsl.io import fileio

from components.common import decision
from components.common import examples as examples_lib
from components.common import scoring

FILE = 'test_scores.parquet'  # in an evaluation artifact, and below assets.extra/ of a pushed version
_HASH_BYTES = 8  # of a text's SHA-256: two of a million reviews have the same with a probability of 3e-8


class ReviewScores(NamedTuple):
  """Scores of reviews, in the order of `sort_rows`.

  Attributes:
    review_id: string [reviews]; they need not be unique.
    text_hash: uint64 [reviews], by `hash_text`.
    label: int64 [reviews]: 0 or 1.
    score: float32 [reviews]: the probability of the positive class, or whatever else the model returned for it.
  """

  review_id: np.ndarray
  text_hash: np.ndarray
  label: np.ndarray
  score: np.ndarray

  @property
  def is_valid(self) -> np.ndarray:
    """Whether each score is a probability, bool [reviews]."""
    return is_probability(self.score)

  @property
  def is_correct(self) -> np.ndarray:
    """Whether each prediction is the label, bool [reviews]; what is no probability is wrong."""
    return self.is_valid & ((self.score > decision.THRESHOLD) == (self.label == 1))

  @property
  def data_hash(self) -> str:
    """What `hash_data` returns for these reviews."""
    return hash_data(self.text_hash, self.label)


def is_probability(scores: np.ndarray) -> np.ndarray:
  """Return whether each score is a number from 0 to 1, bool in the shape of the scores."""
  return (scores >= 0) & (scores <= 1)


def hash_text(text: bytes) -> int:
  """Return what stands for a text, UTF-8, in ReviewScores."""
  return int.from_bytes(hashlib.sha256(text).digest()[:_HASH_BYTES], 'big')


def hash_data(text_hash: np.ndarray, label: np.ndarray) -> str:
  """Return a SHA-256, in hex, of labelled reviews in any order.

  Args:
    text_hash: uint64 [reviews], by `hash_text`.
    label: int64 [reviews].
  """
  order = np.lexsort((label, text_hash))
  rows = np.stack([text_hash[order].astype('>u8'), label[order].astype('>u8')])
  return hashlib.sha256(rows.tobytes()).hexdigest()


def sort_rows(parts: Sequence[ReviewScores]) -> ReviewScores:
  """Join scores, and sort them by review: those of two models on the same reviews then have the same order."""
  empty = ReviewScores(np.array([], object), np.array([], np.uint64), np.array([], np.int64), np.array([], np.float32))
  review_id, text_hash, label, score = (np.concatenate(columns) for columns in zip(empty, *parts))
  order = np.lexsort((review_id.astype(str), label, text_hash))
  return ReviewScores(review_id[order], text_hash[order], label[order], score[order])


def write_scores(parts: Sequence[ReviewScores], path: str) -> None:
  """Write scores, sorted, as a Parquet file with the fields of ReviewScores as columns."""
  content = pa.BufferOutputStream()
  parquet.write_table(pa.table(sort_rows(parts)._asdict()), content)
  with fileio.open(path, 'wb') as file:
    file.write(content.getvalue().to_pybytes())


def read_scores(path: str) -> Optional[ReviewScores]:
  """Read what `write_scores` wrote; None if there is no such file, or none that can be read."""
  if not fileio.exists(path):
    return None
  with fileio.open(path, 'rb') as file:
    content = file.read()
  try:
    table = parquet.read_table(pa.BufferReader(content), columns=list(ReviewScores._fields))
  except pa.ArrowException:
    return None
  return ReviewScores(*(column.to_numpy() for column in table.columns))


def score_split(saved_model: str, uri: str, split: str) -> ReviewScores:
  """Score a split with a SavedModel in this process.

  Args:
    saved_model: its directory.
    uri: directory of an Examples artifact.
    split: name of the split.

  Raises:
    ValueError: the model cannot be loaded, or fails.
  """
  examples = list(examples_lib.read_examples(uri, split))
  scores = scoring.load_scorer(saved_model)([example.text.decode(errors='replace') for example in examples])
  return sort_rows([ReviewScores(
      np.array([example.review_id for example in examples], object), *_hash_examples(examples),
      np.array(scores, np.float32))])


@functools.lru_cache(maxsize=4)  # artifacts do not change, and a driver asks for the same as its executor
def hash_split(uri: str, split: str) -> str:
  """Return `hash_data` of a split of an Examples artifact."""
  return hash_data(*_hash_examples(list(examples_lib.read_examples(uri, split))))


def _hash_examples(examples: Sequence[examples_lib.RawExample]) -> tuple[np.ndarray, np.ndarray]:
  return (np.array([hash_text(example.text) for example in examples], np.uint64),
          np.array([example.label for example in examples], np.int64))


def area_under_roc(scores: ReviewScores) -> Optional[float]:
  """Return the area under the ROC curve by ranks (J. A. Hanley and B. J. McNeil, 1982); None without both classes.

  What is no probability counts as the worst score for its label.
  """
  is_positive = scores.label == 1
  positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
  if not positives or not negatives:
    return None
  ranks = stats.rankdata(np.where(scores.is_valid, scores.score, 1 - scores.label))
  return float((ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def path_in_version(version: str) -> str:
  """Return the path of a pushed version's own scores."""
  return os.path.join(version, 'assets.extra', FILE)
