"""wide_deep: a linear model of weighted n-grams, a network on their mean embedding, and a convolution over the words.

After H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016; the parts are those of the models
ngrams, bow_embeddings and cnn, and their logits are added. Each part learns from its own loss: trained on the sum, the
wide part, which learns in two passes over train what the deep one needs six for, would leave it nothing to learn.
Of reviews without a label the other two learn what the sum says, but not the wide part: it is to err elsewhere.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from models.networks import bow_embeddings
from models.networks import cnn
from models import features as keys
from models.training import heads
from models import hparams
from models.networks import layers
from models import model
from models.training import summaries


@dataclasses.dataclass(frozen=True)
class WideDeepHparams(cnn.CnnHparams):
  """Hyper-parameters of wide_deep, beyond those of the cnn, which are its deep part's.

  Attributes:
    ngrams: n-grams of the wide part and of the bag.
    order: they have 1 to `order` words.
    min_reviews: train reviews that an n-gram must occur in.
    ngram_dropout: share of a review's n-grams dropped in the bag's training.
    wide_learning_rate: of the wide part.
    wide_half_life: steps in which that one halves, or the wide part would overfit while the deep part learns.
    bag_learning_rate: of the bag.
    wide_share: factor of the wide part's logit in the sum.
    bag_share: factor of the bag's logit.
    deep_share: factor of the deep part's logit.
  """

  train_steps: int = 7_000
  learning_rate: float = 1e-3
  unlabeled: bool = True
  kernel_sizes: str = '4'
  ngrams: int = 200_000
  order: int = 3
  min_reviews: int = 2
  ngram_dropout: float = 0.7
  wide_learning_rate: float = 0.02
  wide_half_life: int = 2_000
  bag_learning_rate: float = 0.1
  wide_share: float = 0.45
  bag_share: float = 0.15
  deep_share: float = 0.4

  def __post_init__(self):
    super().__post_init__()
    self._require('ngrams', 1)
    self._require('order', 1, 5)
    self._require('min_reviews', 1)
    self._require('ngram_dropout', 0, 0.99)
    self._require('wide_half_life', 1)
    for name in ('wide_learning_rate', 'bag_learning_rate'):
      if not getattr(self, name) > 0:
        raise ValueError(f'{name} must be above 0, not {getattr(self, name)}')
    for name in ('wide_share', 'bag_share', 'deep_share'):
      self._require(name, 0)

  def preprocessing(self) -> dict[str, Any]:
    wanted = {'order': self.order, 'size': self.ngrams, 'min_reviews': self.min_reviews, 'weighting': 'nb'}
    return {**super().preprocessing(), 'ngrams': wanted}

  def search_space(self) -> dict[str, Any]:
    share = hparams.Range(0.1, 1)
    return {**super().search_space(), 'wide_share': share, 'bag_share': share, 'deep_share': share}


def model_fn(features, labels, mode, params):
  """See models.model.Model."""
  settings = params.hparams
  parts, scaffold = _parts(features, mode, params)
  labels_of_all = labels
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    undisturbed = lambda: _sum(_parts(features, tf.estimator.ModeKeys.EVAL, params)[0], settings)
    labels_of_all = heads.own_labels(labels, undisturbed)

  def train_op_fn(unused_loss):
    adam, adagrad = tf.compat.v1.train.AdamOptimizer, tf.compat.v1.train.AdagradOptimizer
    wide_rate = _halving(settings.wide_learning_rate, settings.wide_half_life)
    deep_rate = heads.rate(settings)
    rates = {'wide': wide_rate, 'bag': settings.bag_learning_rate, 'deep': deep_rate}
    for part, rate in rates.items():
      summaries.learning_rate(rate, part)
    steps = [
        _step(adam(wide_rate), 'wide', parts['wide'], labels),
        _step(adagrad(settings.bag_learning_rate), 'bag', parts['bag'], labels_of_all),
        _step(adam(deep_rate), 'deep', parts['deep'], labels_of_all),
    ]
    with tf.control_dependencies(steps):
      return tf.compat.v1.assign_add(tf.compat.v1.train.get_global_step(), 1).op

  return heads.estimator_spec(
      features, labels_of_all, mode, _sum(parts, settings), train_op_fn, scaffold, settings.averaging)


def _parts(features, mode, params):
  """The logits of each part by its name, float32 [batch, 1], and a Scaffold or None."""
  settings = params.hparams
  with tf.compat.v1.variable_scope('wide'):
    wide = layers.linear(features[keys.NGRAM_IDS], features[keys.NGRAM_WEIGHTS], settings.ngrams)
  with tf.compat.v1.variable_scope('bag'):
    # Without the wide part's weights the bag errs elsewhere than the wide part does.
    evenly = {**features, keys.NGRAM_WEIGHTS: _even(features[keys.NGRAM_WEIGHTS])}
    bag = bow_embeddings.network(evenly, mode, settings.ngrams, settings, params.seed)
  with tf.compat.v1.variable_scope('deep'):
    deep, scaffold = cnn.network(features, mode, params)
  return {'wide': wide, 'bag': bag, 'deep': deep}, scaffold


def _sum(parts, settings):
  return (settings.wide_share * parts['wide'] + settings.bag_share * parts['bag']
          + settings.deep_share * parts['deep'])


def _halving(learning_rate, half_life):
  step = tf.compat.v1.train.get_global_step()
  return tf.compat.v1.train.exponential_decay(learning_rate, step, half_life, 0.5)


def _even(weights):
  """The same weight for each n-gram of a review, scaled as in the model bow_embeddings: to the length 1."""
  rows = weights.indices[:, 0]
  counts = tf.math.unsorted_segment_sum(tf.ones_like(weights.values), rows, weights.dense_shape[0])
  return tf.SparseTensor(weights.indices, tf.math.rsqrt(tf.gather(counts, rows)), weights.dense_shape)


def _step(optimizer, scope, logits, labels):
  """One step on the variables of a scope, by the loss of its own logits on the reviews that have a label."""
  labels = tf.cast(tf.reshape(labels, [-1, 1]), tf.float32)
  loss = tf.compat.v1.losses.sigmoid_cross_entropy(
      tf.maximum(labels, 0.0), logits, tf.cast(tf.not_equal(labels, keys.NO_LABEL), tf.float32), loss_collection=None)
  variables = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES, scope + '/')
  with tf.compat.v1.variable_scope(scope + '_step'):
    return heads.step(optimizer, loss, variables)


WIDE_DEEP = model.Model(model_fn, WideDeepHparams(), model.WordVectors.OPTIONAL)
