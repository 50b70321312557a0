"""The embeddings of the models that read words in their order, and the hyper-parameters of these models."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from models import features as keys
from models import hparams
from models.networks import layers


@dataclasses.dataclass(frozen=True)
class SequenceHparams(hparams.Hparams):
  """Hyper-parameters of the sequence models, beyond those in common.

  Attributes:
    decay: whether the learning rate falls, evenly, to 0 at the last of `train_steps`.
    embedding_dim: of the embeddings that start at random; beside word vectors 0 leaves them out.
    embedding_range: they start uniformly between minus and plus this.
    vectors_scale: word vectors start as the file's times this: as large as theirs are, they drown what is learned.
    fine_tune: whether word vectors are trained too; false keeps them as they are.
    word_dropout: share of the words dropped in training, whole.
    dropout: share dropped of the embeddings' numbers, and of what the network makes of a review.
    unlabeled: whether it learns from reviews without a label too, where there are some; see models.training.heads.own_labels.
    averaging: decay of the moving average of the weights, which is what is evaluated and served; 0 takes them as they
      are.
  """

  vocab_size: int = 30_000
  max_length: int = 800
  train_steps: int = 1_000
  learning_rate: float = 3e-3
  bucketing: bool = True
  decay: bool = True
  embedding_dim: int = 50
  embedding_range: float = 0.05
  vectors_scale: float = 0.1
  fine_tune: bool = True
  word_dropout: float = 0.3
  dropout: float = 0.5
  unlabeled: bool = False
  averaging: float = 0.99

  def __post_init__(self):
    super().__post_init__()
    self._require('embedding_dim', 0)
    for name in ('embedding_range', 'vectors_scale'):
      if not getattr(self, name) > 0:
        raise ValueError(f'{name} must be above 0, not {getattr(self, name)}')
    for name in ('word_dropout', 'dropout'):
      self._require(name, 0, 0.99)
    self._require('averaging', 0, 0.9999)

  def search_space(self) -> dict[str, Any]:
    return {**super().search_space(), 'word_dropout': hparams.Range(0, 0.6), 'dropout': hparams.Range(0, 0.8)}


def embed(features, mode, params):
  """Looks up the embedding of each token: its word vector where there are some, joined with an embedding of our own.

  Two channels after Y. Kim, EMNLP 2014: what the vectors know of all words, and what the reviews teach. Dropping whole
  words is after M. Iyyer et al., ACL 2015.

  Args:
    features: TOKENS and LENGTH by key.
    mode: a tf.estimator.ModeKeys.
    params: `models.model.Params` with `SequenceHparams`.

  Returns:
    float32 [batch, time, dimensions], 0 at the padding; mask, float32 [batch, time, 1], 1 for tokens in use; and the
    tf.compat.v1.train.Scaffold to hand on, or None.
  """
  settings = params.hparams
  tokens = features[keys.TOKENS]
  vectors = params.word_vectors and np.load(params.word_vectors, mmap_mode='r')
  channels, scaffold = [], None
  with tf.compat.v1.variable_scope('embedding'):
    if vectors is not None:
      table = tf.compat.v1.get_variable(
          'word_vectors', vectors.shape, trainable=settings.fine_tune, initializer=tf.compat.v1.zeros_initializer())
      scaffold = _initialised_from(table, vectors, settings.vectors_scale)
      channels.append(tf.nn.embedding_lookup(table, tokens))
    if settings.embedding_dim:
      initializer = tf.compat.v1.random_uniform_initializer(-settings.embedding_range, settings.embedding_range)
      table = tf.compat.v1.get_variable('table', [params.vocab_size, settings.embedding_dim], initializer=initializer)
      channels.append(tf.nn.embedding_lookup(table, tokens))
  embedded = layers.dropout(tf.concat(channels, axis=-1), settings.dropout, mode, params.seed)
  mask = tf.sequence_mask(features[keys.LENGTH], tf.shape(tokens)[1], dtype=tf.float32)[:, :, tf.newaxis]
  # The sign takes back what dropout scales up: a maximum over time would not average it out.
  kept = tf.sign(layers.dropout(mask, settings.word_dropout, mode, params.seed))
  return embedded * kept, mask, scaffold


def _initialised_from(table, vectors, scale):
  """A Scaffold that feeds the vectors once, at the start: as a constant they would be copied into every graph."""
  value = tf.compat.v1.placeholder(tf.float32, table.shape)
  assign = table.assign(value)
  return tf.compat.v1.train.Scaffold(init_fn=lambda scaffold, session: session.run(assign.op, {value: scale * vectors}))
