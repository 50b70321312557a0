"""Scores of a fine-tuned encoder, straight from its directory, without a Transform graph or a training."""

import os
from typing import Callable, Sequence

import tensorflow as tf

from models import encoder_files
from models.networks import encoder
from models.networks import transformer
from models.text import wordpiece

_CPU_FLAGS = '/proc/cpuinfo'
_BFLOAT16_FLAGS = {'amx_bf16', 'avx512_bf16'}  # of CPUs that multiply bfloat16 faster than float32


def load_scorer(directory: str, max_pieces: int) -> Callable[[Sequence[str]], Sequence[float]]:
  """Load an encoder as a function that scores texts; it reads and scores a text as the model encoder does.

  On a CPU with instructions for it, the dense layers multiply bfloat16 numbers, which takes about half the time and
  changes a score by less than .01.

  Args:
    directory: of a fine-tuned classifier, see models.encoder_files.
    max_pieces: number of WordPieces that are read of a text.

  Returns:
    A function of a batch of texts; it returns their probabilities of the positive class, float32 [batch], and may be
    called from several threads.

  Raises:
    ValueError: the encoder does not fit, or cannot be read.
  """
  encoder.EncoderHparams(max_pieces=max_pieces, train_steps=0).check_encoder(directory)
  config, tokenizer = encoder_files.read_config(directory), encoder_files.read_tokenizer(directory)
  product_type = tf.bfloat16 if _has_bfloat16() else tf.float32
  variables = {}

  def score(texts):
    pieces, lengths = wordpiece.encode(texts, tokenizer, max_pieces)
    network = transformer.Transformer(config, 0, 0.0, tf.estimator.ModeKeys.PREDICT, 0, product_type)
    variables.update(network.variables)
    return tf.sigmoid(encoder.score_in_parts(network.logits, pieces, lengths))[:, 0]

  graph = tf.compat.v1.wrap_function(score, [tf.TensorSpec([None], tf.string)])
  for name, weights in encoder_files.read_weights(directory, config).items():
    variables[name].assign(weights)
  return lambda texts: graph(tf.constant(texts)).numpy()


def _has_bfloat16():
  if not os.path.exists(_CPU_FLAGS):  # not Linux
    return False
  with open(_CPU_FLAGS, encoding='utf-8') as file:
    return not _BFLOAT16_FLAGS.isdisjoint(file.read().split())
