"""Texts as models see them: the tokens that the text graph makes of them, and digests of these."""

import functools
import hashlib
from typing import Callable, Sequence

import numpy as np
import tensorflow as tf

from models.text import preprocessing


def tokenize(texts: Sequence[bytes]) -> list[bytes]:
  """Return the tokens of each text, separated by spaces; texts that are equal to a model have equal tokens.

  Args:
    texts: a batch of texts, UTF-8.

  Returns:
    UTF-8, in the order of the texts.
  """
  return _make_tokenizer()(np.array(texts, object)).tolist()


def digest(tokens: bytes) -> bytes:
  """Return 16 bytes that stand for the tokens of a text."""
  return hashlib.blake2b(tokens, digest_size=16).digest()


@functools.cache
def _make_tokenizer() -> Callable[[np.ndarray], np.ndarray]:
  @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
  def join_tokens(texts):
    return tf.strings.reduce_join(preprocessing.tokenize(texts), axis=-1, separator=' ')

  return lambda texts: join_tokens(tf.constant(texts, tf.string)).numpy()
