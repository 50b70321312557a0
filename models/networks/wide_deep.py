"""wide_deep: a linear model of weighted n-grams, a network on their mean embedding, and a convolution over the words.

After H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems", DLRS 2016. The parts (wide, bag and deep) are
those of the models ngrams, bow_embeddings and cnn; their logits are added. Each part learns from its own loss: trained
on the loss of the sum, the wide part, which converges in two passes over train, would leave nothing to learn to the
deep part, which needs six. On unlabeled examples the bag and the deep part learn from the prediction of the sum; the
wide part does not, so that its errors stay different from theirs.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import hparams
from models import model
from models.networks import bow_embeddings
from models.networks import cnn
from models.networks import layers
from models.training import heads
from models.training import learning_rate
from models.training import optimizers
from models.training import pseudo_labels
from models.training import summaries


@dataclasses.dataclass(frozen=True)
class WideDeepHparams(cnn.CnnHparams):
  """Hyper-parameters of wide_deep, in addition to those of the cnn, which are the deep part's.

  Attributes:
    ngrams: number of n-grams of the wide part and of the bag.
    order: n-grams have 1 to `order` words.
    min_reviews: number of train examples that an n-gram must occur in.
    ngram_dropout: share of a text's n-grams that are dropped in training the bag.
    wide_learning_rate: initial learning rate of the wide part.
    wide_half_life: number of steps in which that rate halves: otherwise the wide part overfits while the deep part
      learns.
    bag_learning_rate: learning rate of the bag.
    wide_share: factor of the wide part's logit in the sum.
    bag_share: factor of the bag's logit in the sum.
    deep_share: factor of the deep part's logit in the sum.
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

  BOUNDS = {
      'ngrams': hparams.AT_LEAST_1, 'order': (1, 5), 'min_reviews': hparams.AT_LEAST_1, 'ngram_dropout': (0, 0.99),
      'wide_half_life': hparams.AT_LEAST_1, 'wide_learning_rate': hparams.POSITIVE,
      'bag_learning_rate': hparams.POSITIVE,
      **dict.fromkeys(('wide_share', 'bag_share', 'deep_share'), hparams.AT_LEAST_0)}

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform; see models.hparams.Hparams."""
    selection = {'order': self.order, 'size': self.ngrams, 'min_reviews': self.min_reviews, 'weighting': 'nb'}
    return {**super().preprocessing(), 'ngrams': selection}

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    share = hparams.Range(0.1, 1)
    return {**super().search_space(), 'wide_share': share, 'bag_share': share, 'deep_share': share}


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[WideDeepHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  parts, scaffold = _build_parts(features, mode, params)
  filled_labels = labels
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    filled_labels = pseudo_labels.fill_missing(
        labels, lambda: _sum_logits(_build_parts(features, tf.estimator.ModeKeys.EVAL, params)[0], settings))

  def train_op_fn(unused_loss):
    adam, adagrad = tf.compat.v1.train.AdamOptimizer, tf.compat.v1.train.AdagradOptimizer
    wide_rate = learning_rate.half_life_decay(settings.wide_learning_rate, settings.wide_half_life)
    deep_rate = learning_rate.from_hparams(settings)
    for part, rate in ('wide', wide_rate), ('bag', settings.bag_learning_rate), ('deep', deep_rate):
      summaries.add_learning_rate(rate, part)
    updates = [
        _update_part(adam(wide_rate), 'wide', parts['wide'], labels),
        _update_part(adagrad(settings.bag_learning_rate), 'bag', parts['bag'], filled_labels),
        _update_part(adam(deep_rate), 'deep', parts['deep'], filled_labels),
    ]
    with tf.control_dependencies(updates):
      return tf.compat.v1.assign_add(tf.compat.v1.train.get_global_step(), 1).op

  return heads.estimator_spec(
      features, filled_labels, mode, _sum_logits(parts, settings), train_op_fn, scaffold, settings.averaging)


def _build_parts(features, mode, params):
  """Return the logits of each part by its name, float32 [batch, 1], and the Scaffold of the word vectors or None."""
  settings = params.hparams
  with tf.compat.v1.variable_scope('wide'):
    wide = layers.sparse_linear(features[keys.NGRAM_IDS], features[keys.NGRAM_WEIGHTS], settings.ngrams)
  with tf.compat.v1.variable_scope('bag'):
    # Uniform weights, not the wide part's: so the errors of the two parts differ.
    uniform = {**features, keys.NGRAM_WEIGHTS: _make_uniform(features[keys.NGRAM_WEIGHTS])}
    bag = bow_embeddings.network(uniform, mode, settings.ngrams, settings, params.seed)
  with tf.compat.v1.variable_scope('deep'):
    deep, scaffold = cnn.network(features, mode, params)
  return {'wide': wide, 'bag': bag, 'deep': deep}, scaffold


def _sum_logits(parts, settings):
  return (settings.wide_share * parts['wide'] + settings.bag_share * parts['bag']
          + settings.deep_share * parts['deep'])


def _make_uniform(weights):
  """Give all n-grams of a text the same weight, scaled to Euclidean length 1 as in the model bow_embeddings."""
  rows = weights.indices[:, 0]
  counts = tf.math.unsorted_segment_sum(tf.ones_like(weights.values), rows, weights.dense_shape[0])
  return tf.SparseTensor(weights.indices, tf.math.rsqrt(tf.gather(counts, rows)), weights.dense_shape)


def _update_part(optimizer, scope, logits, labels):
  """Return an op: one step on the variables of a part, down the loss of its own logits on the labeled examples."""
  labels = tf.cast(tf.reshape(labels, [-1, 1]), tf.float32)
  loss = tf.compat.v1.losses.sigmoid_cross_entropy(
      tf.maximum(labels, 0.0), logits, tf.cast(tf.not_equal(labels, keys.NO_LABEL), tf.float32), loss_collection=None)
  variables = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES, scope + '/')
  with tf.compat.v1.variable_scope(scope + '_step'):
    return optimizers.minimize(optimizer, loss, variables)


WIDE_DEEP = model.Model(model_fn, WideDeepHparams(), model.WordVectors.OPTIONAL)
