"""Logit pairing: a text and its copy with other identity terms should have the same score.

After S. Garg et al., "Counterfactual Fairness in Text Classification through Robustness", AIES 2019. Unlike the shared
token of models.text.term_sharing, it lets a model tell the terms apart, and costs it to do so. Terms are exchanged one
by one, whatever their group: the texts need not make sense, and a term of two tokens may change by half.
"""

from typing import Callable, Mapping

import tensorflow as tf

from models import features as keys
from models import model
from models.networks import embedding


def loss(features: Mapping[str, tf.Tensor], score: Callable[[Mapping[str, tf.Tensor]], tf.Tensor],
         params: model.Params[embedding.SequenceHparams]) -> tf.Tensor:
  """Compare the scores of the short texts of a batch that have an identity term with those of their copies.

  Args:
    features: SHORT_TOKENS and LENGTH by key.
    score: SHORT_TOKENS and LENGTH by key, of as many texts as it gets -> logits, float32 [batch, 1].
    params: the model's parameters.

  Returns:
    The mean over the batch of the squared differences of the logits, float32 scalar; 0 for texts without a term.
  """
  tokens, lengths = features[keys.SHORT_TOKENS], features[keys.LENGTH]
  terms = tf.constant(params.identity_ids, tf.int64)
  is_term = tf.gather(tf.scatter_nd(terms[:, tf.newaxis], tf.ones_like(terms), [params.vocab_size]), tokens) > 0
  is_paired = tf.reduce_any(is_term, axis=1) & (lengths <= params.hparams.short_length)
  rows = tf.concat([tf.where(is_paired)[:, 0], [0]], axis=0)  # one more text: `score` takes no empty batch
  # As in layers.dropout, a resumed training repeats the numbers.
  seed = tf.stack([params.seed, tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.int32)])
  chosen = tf.random.stateless_uniform(tf.shape(tokens), seed, 0, len(params.identity_ids), tf.int32)
  copies = tf.where(is_term, tf.gather(terms, chosen), tokens)
  logits, copied_logits = tf.split(score({
      keys.SHORT_TOKENS: tf.concat([tf.gather(tokens, rows), tf.gather(copies, rows)], axis=0),
      keys.LENGTH: tf.tile(tf.gather(lengths, rows), [2])}), 2)
  return tf.reduce_sum(tf.square(logits - copied_logits)[:-1]) / tf.cast(tf.size(lengths), tf.float32)
