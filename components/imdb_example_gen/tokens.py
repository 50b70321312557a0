"""Texts as models see them: the tokens that the text graph makes of them, and digests of these."""

import functools
import hashlib
from typing import Callable, NamedTuple, Sequence

import numpy as np
import tensorflow as tf

from models.text import preprocessing
from models.text import term_sharing


class Tokens(NamedTuple):
  """The tokens of a batch of texts.

  Attributes:
    strings: the tokens of each text, separated by spaces, UTF-8; texts that are equal to a model have equal tokens.
    has_identity_terms: whether each text has a term of models.text.identity_terms.
  """

  strings: list[bytes]
  has_identity_terms: list[bool]


def tokenize(texts: Sequence[bytes]) -> Tokens:
  """Return the tokens of a batch of texts, UTF-8."""
  return Tokens(*(column.numpy().tolist() for column in _make_tokenizer()(np.array(texts, object))))


def digest(tokens: bytes) -> bytes:
  """Return 16 bytes that stand for the tokens of a text."""
  return hashlib.blake2b(tokens, digest_size=16).digest()


@functools.cache
def _make_tokenizer() -> Callable[[np.ndarray], tuple[tf.Tensor, tf.Tensor]]:
  @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
  def join_tokens(texts):
    words = preprocessing.tokenize(texts)
    return tf.strings.reduce_join(words, axis=-1, separator=' '), term_sharing.has_terms(words)

  return lambda texts: join_tokens(tf.constant(texts, tf.string))
