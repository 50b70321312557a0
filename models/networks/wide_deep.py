"""wide_deep: a linear model of weighted n-grams, a network on their mean embedding, and a convolution over the words.

After H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems", DLRS 2016. The parts (wide, bag and deep) are
those of the models ngrams, bow_embeddings and cnn; their logits are added. Each part learns from its own loss: trained
on the loss of the sum, the wide part, which converges in two passes over train, would leave nothing to learn to the
deep part, which needs more. On unlabeled examples the bag and the deep part learn from the prediction of the sum; the
wide part does not, so that its errors stay different from theirs. wide_cnn is the same without the bag and without
unlabeled examples. Short texts have a part of their own, see models.networks.short_texts.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import augmentation
from models import features as keys
from models import hparams
from models import model
from models.networks import adversarial
from models.networks import bow_embeddings
from models.networks import cnn
from models.networks import layers
from models.networks import short_texts
from models.training import heads
from models.training import inputs
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
    wide_augmented: with short_length, the weight of long augmented examples, which are reviews with exchanged words, in
      the losses of the wide part and the bag. Short ones have none there: counts of n-grams learn little from them, and
      become worse on reviews.
  """

  train_steps: int = 4_000
  learning_rate: float = 2e-3
  short_learning_rate: float = 4e-3
  unlabeled: bool = True
  kernel_sizes: str = '4'
  ngrams: int = 200_000
  order: int = 3
  min_reviews: int = 2
  ngram_dropout: float = 0.7
  wide_learning_rate: float = 0.02
  wide_half_life: int = 2_000
  bag_learning_rate: float = 0.1
  wide_share: float = 0.6
  bag_share: float = 0.2
  deep_share: float = 0.55
  wide_augmented: float = 0.3

  BOUNDS = {
      'ngrams': hparams.AT_LEAST_1, 'order': (1, 5), 'min_reviews': hparams.AT_LEAST_1, 'ngram_dropout': (0, 0.99),
      'wide_half_life': hparams.AT_LEAST_1, 'wide_learning_rate': hparams.POSITIVE,
      'bag_learning_rate': hparams.POSITIVE,
      **dict.fromkeys(('wide_share', 'bag_share', 'deep_share'), hparams.AT_LEAST_0),
      'wide_augmented': (0, 1)}

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
  logits, labels, train_op_fn, scaffold = network(features, labels, mode, params)
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold, params.hparams.averaging)


def network(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
            params: model.Params[WideDeepHparams]
            ) -> tuple[tf.Tensor, Optional[tf.Tensor], optimizers.TrainOpFn, Optional[tf.compat.v1.train.Scaffold]]:
  """Build the network without its head.

  Args:
    features: TOKENS, SHORT_TOKENS, LENGTH, NGRAM_IDS and NGRAM_WEIGHTS by key; in training, also REVIEW_ID.
    labels: of the batch, see models.training.inputs; None for prediction.
    mode: a tf.estimator.ModeKeys.
    params: the model's parameters.

  Returns:
    The logits, float32 [batch, 1]; the labels, with pseudo-labels in place of the missing ones; the train_op_fn, see
    models.training.optimizers; and the Scaffold that initializes the word vectors, or None.
  """
  settings = params.hparams
  parts, deep = _build_parts(features, mode, params)
  logits = _combine(features, parts, settings)
  filled_labels = labels
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    filled_labels = pseudo_labels.fill_missing(
        features, labels,
        lambda: _combine(features, _build_parts(features, tf.estimator.ModeKeys.EVAL, params)[0], settings))

  def train_op_fn(_):  # the loss of the sum
    weights, is_short = short_texts.weigh(features, settings)
    counting_weights = _weigh_for_counts(features, weights, is_short, settings)
    losses = {name: _loss(parts[name], labels if name == 'wide' else filled_labels, counting_weights)
              for name in parts if name in ('wide', 'bag')}
    losses['deep'] = adversarial.total_loss(
        deep, lambda deep_logits: _loss(deep_logits, filled_labels, weights), settings.adversarial)
    updates = []
    if settings.short_length:
      short_loss = _loss(parts['short'], filled_labels, is_short) + short_texts.pair(features, params, 'deep')
      short_step, losses['deep'] = short_texts.minimize(short_loss, losses['deep'], settings)
      updates.append(short_step)
    updates += [_minimize(loss, name, settings) for name, loss in losses.items()]
    with tf.control_dependencies(updates):
      return tf.compat.v1.assign_add(tf.compat.v1.train.get_global_step(), 1).op

  return logits, filled_labels, train_op_fn, deep.scaffold


def _build_parts(features, mode, params):
  """Return the logits of each part by its name, float32 [batch, 1], and the network of the deep part."""
  settings, parts = params.hparams, {}
  with tf.compat.v1.variable_scope('wide'):
    parts['wide'] = layers.sparse_linear(features[keys.NGRAM_IDS], features[keys.NGRAM_WEIGHTS], settings.ngrams)
  if settings.bag_share:
    with tf.compat.v1.variable_scope('bag'):
      # Uniform weights, not the wide part's: so the errors of the two parts differ.
      uniform = {**features, keys.NGRAM_WEIGHTS: _make_uniform(features[keys.NGRAM_WEIGHTS])}
      parts['bag'] = bow_embeddings.network(uniform, mode, settings.ngrams, settings, params.seed)
  with tf.compat.v1.variable_scope('deep'):
    deep = cnn.network(features, mode, params)
    parts['deep'] = deep.logits
    if settings.short_length:
      parts['short'] = short_texts.network(features, mode, params)
  return parts, deep


def _combine(features, parts, settings):
  """Return the logits of the whole model, float32 [batch, 1]."""
  shares = {'wide': settings.wide_share, 'bag': settings.bag_share, 'deep': settings.deep_share}
  logits = tf.add_n([shares[name] * parts[name] for name in parts if name in shares])
  if 'short' not in parts:
    return logits
  return short_texts.mix(features, logits, parts['short'], settings.short_length)


def _weigh_for_counts(features, weights, is_short, settings):
  """Return the weights of a batch's texts in the losses of the parts that count n-grams, float32 [batch, 1]."""
  if not settings.short_length:  # all parts learn from all texts
    return weights
  return tf.where(inputs.is_augmented(features), settings.wide_augmented * (1 - is_short), weights)


def _make_uniform(weights):
  """Give all n-grams of a text the same weight, scaled to Euclidean length 1 as in the model bow_embeddings."""
  rows = weights.indices[:, 0]
  counts = tf.math.unsorted_segment_sum(tf.ones_like(weights.values), rows, weights.dense_shape[0])
  return tf.SparseTensor(weights.indices, tf.math.rsqrt(tf.gather(counts, rows)), weights.dense_shape)


def _loss(logits, labels, weights):
  """Return the loss of a part's own logits on the labeled examples, float32 scalar."""
  labels = tf.cast(tf.reshape(labels, [-1, 1]), tf.float32)
  return tf.compat.v1.losses.sigmoid_cross_entropy(
      tf.maximum(labels, 0.0), logits, weights * tf.cast(tf.not_equal(labels, keys.NO_LABEL), tf.float32),
      loss_collection=None)


def _minimize(loss, scope, settings):
  """Return an op: one step on the variables of a scope."""
  adam, adagrad = tf.compat.v1.train.AdamOptimizer, tf.compat.v1.train.AdagradOptimizer
  if scope == 'wide':
    optimizer, rate = adam, learning_rate.half_life_decay(settings.wide_learning_rate, settings.wide_half_life)
  elif scope == 'bag':
    optimizer, rate = adagrad, settings.bag_learning_rate
  else:
    optimizer, rate = adam, learning_rate.from_hparams(settings)
  summaries.add_learning_rate(rate, scope)
  variables = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES, scope + '/')
  with tf.compat.v1.variable_scope(scope + '_step'):
    return optimizers.minimize(optimizer(rate), loss, variables)


# No bag, fewer n-grams and filters, and fewer steps: the model for a first run.
WIDE_CNN = model.Model(model_fn, WideDeepHparams(
    train_steps=2_000, learning_rate=3e-3, short_learning_rate=6e-3, filters=64, unlabeled=False, ngrams=100_000,
    order=2, wide_learning_rate=0.03, wide_half_life=500, wide_share=0.8, bag_share=0, deep_share=0.5,
    negation_reach=3, **augmentation.DOSES),
    model.WordVectors.OPTIONAL)
# Fewer of the reviews with exchanged words, which cost accuracy on real ones.
DOSES = {**augmentation.DOSES, 'augment_reviews': 0.02}
WIDE_DEEP = model.Model(model_fn, WideDeepHparams(negation_reach=3, **DOSES), model.WordVectors.OPTIONAL)
