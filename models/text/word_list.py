"""Lookup of words in a short list: unlike a hash table it needs no initialisation, and no asset."""

from typing import Sequence

import tensorflow as tf

_HASHES = 2**62  # so many that no two words have the same


def find(listed: Sequence[str], words: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Find words in a list, by their hashes: comparing or matching strings would take much longer.

  Args:
    listed: the words of the list, each once.
    words: string [n].

  Returns:
    int32 [n], the index of each word in the list, and bool [n], whether it is there; if not, the index is that of some
    other word.
  """
  hashes = tf.strings.to_hash_bucket_fast(tf.constant(listed), _HASHES)
  order = tf.argsort(hashes)
  keys = tf.gather(hashes, order)
  queries = tf.strings.to_hash_bucket_fast(words, _HASHES)
  position = tf.minimum(tf.searchsorted(keys, queries), len(listed) - 1)
  return tf.gather(order, position), tf.equal(tf.gather(keys, position), queries)
