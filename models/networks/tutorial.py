"""The models of the 2018 TensorFlow tutorial on text classification with Estimators, with its settings.

S. Ruder and J. Eisner, "Classifying text with TensorFlow Estimators", 2018: 5,000 words, 200 tokens, batches of 100,
25,000 steps without early stopping, and the last step is what counts. `--preset tutorial` selects these models for a
like-for-like comparison; use the defaults for anything else. The linear model and the dense network on the mean of
embeddings are the tutorial's own, which count padding as a word; the cnn and the lstm are this project's, with the
tutorial's settings.
"""

import dataclasses
from typing import Any, Callable, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import hparams
from models import model
from models.networks import cnn
from models.networks import layers
from models.networks import lstm
from models.training import heads
from models.training import optimizers

_STEPS = 25_000
# One evaluation, at the end, makes the last step the only candidate for export.
_SETTINGS: dict[str, Any] = {
    'vocab_size': 5_000, 'max_length': 200, 'batch_size': 100, 'train_steps': _STEPS, 'eval_every': _STEPS,
    'patience': 0, 'bucketing': False}
_SEQUENCE_SETTINGS: dict[str, Any] = {
    **_SETTINGS, 'learning_rate': 1e-3, 'embedding_dim': 50, 'embedding_range': 1.0, 'word_dropout': 0, 'averaging': 0,
    'decay': False, 'short_length': 0}


@dataclasses.dataclass(frozen=True)
class BagHparams(hparams.Hparams):
  """Hyper-parameters of the tutorial's bags of words, in addition to the common ones.

  Attributes:
    embedding_dim: dimension of the embeddings of bow_embeddings.
    hidden: units of the dense layer of bow_embeddings.
  """

  embedding_dim: int = 50
  hidden: int = 100


def build_bow_sparse(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
                     params: model.Params[BagHparams]) -> tf.estimator.EstimatorSpec:
  """Build the linear model; see models.model.Model."""
  with tf.compat.v1.variable_scope('linear_model'):
    weights = tf.compat.v1.get_variable('weights', [params.vocab_size, 1], initializer=tf.zeros_initializer())
    bias = tf.compat.v1.get_variable('bias', [1], initializer=tf.zeros_initializer())
  logits = _reduce_rows(tf.sparse.segment_sum, weights, features, params) + bias
  return heads.estimator_spec(features, labels, mode, logits, optimizers.ftrl(params.hparams.learning_rate))


def build_bow_embeddings(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
                         params: model.Params[BagHparams]) -> tf.estimator.EstimatorSpec:
  """Build the dense network on the mean of embeddings; see models.model.Model."""
  settings = params.hparams
  with tf.compat.v1.variable_scope('embedding'):
    table = tf.compat.v1.get_variable(
        'table', [params.vocab_size, settings.embedding_dim],
        initializer=tf.compat.v1.truncated_normal_initializer(stddev=settings.embedding_dim ** -0.5))
  mean = _reduce_rows(tf.sparse.segment_mean, table, features, params)
  logits = layers.dense(layers.dense(mean, settings.hidden, 'hidden', tf.nn.relu), 1, 'logits')
  return heads.estimator_spec(features, labels, mode, logits, optimizers.adagrad(settings.learning_rate))


def _reduce_rows(segment_reduce: Callable[..., tf.Tensor], table: tf.Variable, features: Mapping[str, tf.Tensor],
                 params: model.Params[BagHparams]) -> tf.Tensor:
  """Reduce the rows of a table that belong to the tokens of a text to one row: float32 [batch, columns].

  Every text is padded to max_length whatever its batch: the tutorial's bags count the padding as words.
  """
  tokens = features[keys.TOKENS]
  tokens = tf.pad(tokens, [[0, 0], [0, params.hparams.max_length - tf.shape(tokens)[1]]])
  words, positions = tf.unique(tf.reshape(tokens, [-1]))  # each row is read and updated once, however often it occurs
  texts = tf.repeat(tf.range(tf.shape(tokens)[0]), params.hparams.max_length)
  return segment_reduce(tf.nn.embedding_lookup(table, words), positions, texts)


BOW_SPARSE = model.Model(build_bow_sparse, BagHparams(**_SETTINGS, learning_rate=0.2))
BOW_EMBEDDINGS = model.Model(build_bow_embeddings, BagHparams(**_SETTINGS, learning_rate=0.05))
_CNN = cnn.CnnHparams(**_SEQUENCE_SETTINGS, filters=32, kernel_sizes='3', hidden=250, dropout=0.2)
CNN = model.Model(cnn.model_fn, _CNN)
CNN_PRETRAINED = model.Model(
    cnn.model_fn, dataclasses.replace(_CNN, embedding_dim=0, vectors_scale=1.0), model.WordVectors.REQUIRED)
LSTM = model.Model(lstm.model_fn, lstm.LstmHparams(
    **_SEQUENCE_SETTINGS, units=100, max_pooling=False, dropout=0, clip_norm=1e9))
