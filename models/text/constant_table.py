"""Lookup of numbers in a constant: unlike a hash table it needs no initialisation, and no asset."""

import numpy as np
import tensorflow as tf


def find(keys: np.ndarray, queries: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Find numbers among the keys of a table.

  Args:
    keys: [size], in ascending order, each once.
    queries: [n], of the same type.

  Returns:
    int32 [n], the index of each query among the keys, and bool [n], whether it is one of them; if not, the index is
    that of some other key.
  """
  constant = tf.constant(keys)
  index = tf.minimum(tf.searchsorted(constant, queries), keys.size - 1)
  return index, tf.equal(tf.gather(constant, index), queries)
