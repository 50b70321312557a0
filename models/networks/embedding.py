"""The embedding layer of the sequence models, which read words in order, and the hyper-parameters of these models."""

import dataclasses
from typing import Any, Callable, Mapping, NamedTuple, Optional

import numpy as np
import tensorflow as tf

from models import augmentation
from models import features as keys
from models import hparams
from models import model
from models.networks import layers


@dataclasses.dataclass(frozen=True)
class SequenceHparams(augmentation.AugmentedHparams):
  """Hyper-parameters of the sequence models, in addition to the common ones and the doses of augmented examples.

  Attributes:
    decay: whether the learning rate decays linearly to 0 at the last of `train_steps`.
    embedding_dim: dimension of the randomly initialized embeddings; 0 leaves them out if there are word vectors.
    embedding_range: the embeddings are initialized uniformly between minus and plus this value.
    vectors_scale: factor of the word vectors' initial values: in the scale of their file they dominate the embeddings.
    fine_tune: whether the word vectors are trained, or stay as they are.
    word_dropout: share of the words that are dropped in training.
    dropout: share of the embeddings' numbers, and of the features before the output layer, dropped in training.
    unlabeled: whether the model learns from unlabeled examples too, if there are any; see
      models.training.pseudo_labels.
    short_length: number of tokens up to which a text is short and has a part of the model to itself, see
      models.networks.short_texts; 0 leaves that part out, as does a training with few augmented examples.
    short_weight: weight of the short texts in the loss of the rest of the model.
    short_learning_rate: initial learning rate of the part for short texts.
    logit_pairing: weight of the squared difference between what the part for short texts says of a text and of its copy
      with other identity terms, see models.networks.logit_pairing; 0 turns it off. It has no effect without that part,
      and none if identity terms share one token.
    adversarial: norm of the change of a text's embeddings in adversarial training, see models.networks.adversarial, as
      a share of the norm of a word's embedding; 0 turns it off.
    averaging: decay per step of the moving average of the weights, which is what is evaluated and served; 0 turns
      averaging off.
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
  short_length: int = 64
  short_weight: float = 0.15
  short_learning_rate: float = 6e-3
  logit_pairing: float = 1.0
  adversarial: float = 0.0
  averaging: float = 0.99

  BOUNDS = {
      'embedding_dim': hparams.AT_LEAST_0, 'embedding_range': hparams.POSITIVE, 'vectors_scale': hparams.POSITIVE,
      'word_dropout': (0, 0.99), 'dropout': (0, 0.99), 'short_length': hparams.AT_LEAST_0,
      'short_weight': hparams.AT_LEAST_0, 'short_learning_rate': hparams.POSITIVE, 'logit_pairing': hparams.AT_LEAST_0,
      'adversarial': hparams.AT_LEAST_0, 'averaging': (0, 0.9999)}

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform; see models.hparams.Hparams."""
    return {**super().preprocessing(), 'short_length': self.short_length}

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    return {**super().search_space(), 'word_dropout': hparams.Range(0, 0.6), 'dropout': hparams.Range(0, 0.8)}


class Network(NamedTuple):
  """A network that reads words in order, without its head.

  Attributes:
    logits: float32 [batch, 1].
    embedded: the embeddings that it reads, float32 [batch, time, dimensions].
    mask: float32 [batch, time, 1], 1 for tokens and 0 for the padding.
    read: embeddings in the shape of `embedded` -> logits, with the same variables.
    scaffold: initializes the word vectors; None without word vectors.
  """

  logits: tf.Tensor
  embedded: tf.Tensor
  mask: tf.Tensor
  read: Callable[[tf.Tensor], tf.Tensor]
  scaffold: Optional[tf.compat.v1.train.Scaffold]


def build(features: Mapping[str, tf.Tensor], mode: str, params: model.Params[SequenceHparams],
          layers_fn: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> Network:
  """Build a network on the embedding of each token: its word vector, if given, joined with a learned embedding.

  Two channels as in Y. Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014; dropping whole
  words as in M. Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods for Text Classification", ACL 2015.

  Args:
    features: TOKENS and LENGTH by key.
    mode: a tf.estimator.ModeKeys.
    params: the model's parameters; `word_vectors` may be None.
    layers_fn: (embeddings, 0 at the padding and at dropped words; mask) -> logits; the shapes are those of Network.

  Returns:
    The network.
  """
  settings, tokens = params.hparams, features[keys.TOKENS]
  embedded = look_up(tokens, params)
  mask = tf.sequence_mask(features[keys.LENGTH], tf.shape(tokens)[1], dtype=tf.float32)[:, :, tf.newaxis]
  scope = tf.compat.v1.get_variable_scope()

  def read(embedded):
    dropped = layers.dropout(embedded, settings.dropout, mode, params.seed)
    # tf.sign undoes the scaling of dropout, which is meant for averages and would shift a maximum over time.
    kept = tf.sign(layers.dropout(mask, settings.word_dropout, mode, params.seed))
    return layers_fn(dropped * kept, mask)

  def read_again(embedded):
    with tf.compat.v1.variable_scope(scope, reuse=True):
      return read(embedded)

  scaffold = None
  if params.word_vectors:
    scaffold = _initializing_scaffold(_tables(params)[0], _load(params.word_vectors), settings.vectors_scale)
  return Network(read(embedded), embedded, mask, read_again, scaffold)


def look_up(tokens: tf.Tensor, params: model.Params[SequenceHparams]) -> tf.Tensor:
  """Look up the embedding of each token, without dropout; a second call in a variable scope uses the same variables.

  Args:
    tokens: int64 [batch, time].
    params: the model's parameters.

  Returns:
    float32 [batch, time, dimensions].
  """
  return tf.concat([tf.nn.embedding_lookup(table, tokens) for table in _tables(params)], axis=-1)


def _tables(params):
  """Return the variables of the channels, float32 [vocab_size, dimension] each; word vectors come first."""
  settings, tables = params.hparams, []
  with tf.compat.v1.variable_scope('embedding', reuse=tf.compat.v1.AUTO_REUSE):
    if params.word_vectors:
      tables.append(tf.compat.v1.get_variable(
          'word_vectors', _load(params.word_vectors).shape, trainable=settings.fine_tune,
          initializer=tf.compat.v1.zeros_initializer()))
    if settings.embedding_dim:
      initializer = tf.compat.v1.random_uniform_initializer(-settings.embedding_range, settings.embedding_range)
      tables.append(tf.compat.v1.get_variable(
          'table', [params.vocab_size, settings.embedding_dim], initializer=initializer))
  return tables


def _load(word_vectors):
  return np.load(word_vectors, mmap_mode='r')


def _initializing_scaffold(table, vectors, scale):
  """Return a Scaffold that feeds the vectors once, at the start: a constant would be copied into every graph."""
  value = tf.compat.v1.placeholder(tf.float32, table.shape)
  assign = table.assign(value)
  return tf.compat.v1.train.Scaffold(init_fn=lambda scaffold, session: session.run(assign.op, {value: scale * vectors}))
