"""The models of the 2018 TensorFlow tutorial on text classification with Estimators, with its own settings.

S. Ruder and J. Eisner, "Classifying text with TensorFlow Estimators", 2018: 5,000 words, 200 tokens, batches of 100,
25,000 steps without early stopping, and what the last step gives is what counts. `--preset tutorial` selects them, for
a like-for-like row; use the defaults for anything else. Theirs alone are the linear model and the dense network on
the mean of embeddings, which count padding as a word; the cnn and the lstm are ours with their settings.
"""

import dataclasses

import tensorflow as tf

from models.networks import cnn
from models import features as keys
from models.training import heads
from models import hparams
from models.networks import layers
from models.networks import lstm
from models import model

_STEPS = 25_000
# One evaluation, at the end: the last step is the only candidate for export.
_SETTINGS = {
    'vocab_size': 5_000, 'max_length': 200, 'batch_size': 100, 'train_steps': _STEPS, 'eval_every': _STEPS,
    'patience': 0, 'bucketing': False}
_SEQUENCE_SETTINGS = {
    **_SETTINGS, 'learning_rate': 1e-3, 'embedding_dim': 50, 'embedding_range': 1.0, 'word_dropout': 0, 'averaging': 0,
    'decay': False}


@dataclasses.dataclass(frozen=True)
class BagHparams(hparams.Hparams):
  """Hyper-parameters of the tutorial's bags of words, beyond those in common.

  Attributes:
    embedding_dim: of bow_embeddings' words.
    hidden: units of its dense layer.
  """

  embedding_dim: int = 50
  hidden: int = 100


def bow_sparse(features, labels, mode, params):
  """See models.model.Model."""
  with tf.compat.v1.variable_scope('linear_model'):
    weights = tf.compat.v1.get_variable('weights', [params.vocab_size, 1], initializer=tf.zeros_initializer())
    bias = tf.compat.v1.get_variable('bias', [1], initializer=tf.zeros_initializer())
  logits = _of_review(tf.sparse.segment_sum, weights, features, params) + bias
  return heads.estimator_spec(features, labels, mode, logits, heads.ftrl(params.hparams.learning_rate))


def bow_embeddings(features, labels, mode, params):
  """See models.model.Model."""
  settings = params.hparams
  with tf.compat.v1.variable_scope('embedding'):
    table = tf.compat.v1.get_variable(
        'table', [params.vocab_size, settings.embedding_dim],
        initializer=tf.compat.v1.truncated_normal_initializer(stddev=settings.embedding_dim ** -0.5))
  mean = _of_review(tf.sparse.segment_mean, table, features, params)
  logits = layers.dense(layers.dense(mean, settings.hidden, 'hidden', tf.nn.relu), 1, 'logits')
  return heads.estimator_spec(features, labels, mode, logits, heads.adagrad(settings.learning_rate))


def _of_review(segment_reduce, table, features, params):
  """The rows of a table for a review's tokens, reduced to one: float32 [batch, columns].

  All of the padding is among the tokens, whatever the batch: the tutorial's bags count it as a word.
  """
  tokens = features[keys.TOKENS]
  tokens = tf.pad(tokens, [[0, 0], [0, params.hparams.max_length - tf.shape(tokens)[1]]])
  words, places = tf.unique(tf.reshape(tokens, [-1]))  # each row is read and updated once, however often it occurs
  reviews = tf.repeat(tf.range(tf.shape(tokens)[0]), params.hparams.max_length)
  return segment_reduce(tf.nn.embedding_lookup(table, words), places, reviews)


BOW_SPARSE = model.Model(bow_sparse, BagHparams(**_SETTINGS, learning_rate=0.2))
BOW_EMBEDDINGS = model.Model(bow_embeddings, BagHparams(**_SETTINGS, learning_rate=0.05))
_CNN = cnn.CnnHparams(**_SEQUENCE_SETTINGS, filters=32, kernel_sizes='3', hidden=250, dropout=0.2)
CNN = model.Model(cnn.model_fn, _CNN)
CNN_PRETRAINED = model.Model(
    cnn.model_fn, dataclasses.replace(_CNN, embedding_dim=0, vectors_scale=1.0), model.WordVectors.REQUIRED)
LSTM = model.Model(lstm.model_fn, lstm.LstmHparams(
    **_SEQUENCE_SETTINGS, units=100, max_pooling=False, dropout=0, clip_norm=1e9))
