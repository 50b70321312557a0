"""Counts of the tokens in transformed examples."""

import numpy as np
import tensorflow as tf

from models import features

_BATCH = 1024  # examples parsed at a time


def count_tokens(pattern: str, size: int) -> np.ndarray:
  """Count how often each token id occurs.

  Args:
    pattern: glob pattern of the files, gzipped TFRecords of transformed examples.
    size: number of ids: the size of the vocabulary.

  Returns:
    int64 [size]; padding and start tokens are counted too.

  Raises:
    ValueError: an id is `size` or more.
  """
  spec = {features.TOKENS: tf.io.VarLenFeature(tf.int64)}
  counts = np.zeros(size, np.int64)
  for batch in tf.data.TFRecordDataset(tf.io.matching_files(pattern), 'GZIP').batch(_BATCH):
    ids = tf.io.parse_example(batch, spec)[features.TOKENS].values.numpy()
    if ids.size and ids.max() >= size:
      raise ValueError(f'{pattern}: token id {ids.max()} is not in a vocabulary of {size}')
    counts += np.bincount(ids, minlength=size)
  return counts
