"""Rows of ragged tensors."""

import tensorflow as tf


def row_ids(ragged: tf.RaggedTensor) -> tf.Tensor:
  """Return the row of each value.

  The method `value_rowids` would build a mask of all rows by the longest row.

  Args:
    ragged: [rows, (values)].

  Returns:
    int64 [values].
  """
  splits, values = tf.cast(ragged.row_splits, tf.int64), tf.size(ragged.flat_values, tf.int64)
  starts = splits[1:-1]  # of each row but the first; the start of an empty row at the end is beyond the last value
  return tf.cumsum(tf.math.unsorted_segment_sum(tf.ones_like(starts), starts, values + 1))[:values]
