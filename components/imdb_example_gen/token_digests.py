"""Digests of texts as models see them: of the tokens that the text graph makes of them."""

import functools
import hashlib
from typing import Callable, Sequence

import numpy as np
import tensorflow as tf

from models.text import preprocessing


def digest_tokens(texts: Sequence[bytes]) -> list[bytes]:
  """Return a digest for each text; texts that differ only in what the tokenizer drops or unifies have the same one.

  Args:
    texts: a batch of texts, UTF-8.

  Returns:
    16 bytes for each text.
  """
  return [hashlib.blake2b(tokens, digest_size=16).digest() for tokens in _make_tokenizer()(np.array(texts, object))]


@functools.cache
def _make_tokenizer() -> Callable[[np.ndarray], np.ndarray]:
  """Return a function: texts -> the tokens of each, separated by spaces, as one string."""
  @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
  def tokenize(texts):
    return tf.strings.reduce_join(preprocessing.tokenize(texts), axis=-1, separator=' ')

  return lambda texts: tokenize(tf.constant(texts, tf.string)).numpy()
