"""wide_deep: a wide linear model of weighted n-grams and a deep convolutional one of words, their logits added.

After H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016; the parts are those of the models
ngrams and cnn. Each part learns from its own loss: trained on the sum, the wide part, which learns in one pass over
train what the deep one needs five for, would leave it nothing to learn.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from models import cnn
from models import features as keys
from models import head
from models import layers
from models import model


@dataclasses.dataclass(frozen=True)
class WideDeepHparams(cnn.CnnHparams):
  """Hyper-parameters of wide_deep, beyond those of the cnn, which are its deep part's.

  Attributes:
    ngrams: n-grams of the wide part.
    order: its n-grams have 1 to `order` words.
    min_reviews: train reviews that an n-gram must occur in.
    wide_learning_rate: of the wide part.
    wide_share: weight of the wide part's logit in the sum; the deep part has the rest.
  """

  ngrams: int = 200_000
  order: int = 3
  min_reviews: int = 2
  wide_learning_rate: float = 0.02
  wide_share: float = 0.6

  def __post_init__(self):
    super().__post_init__()
    self._require('ngrams', 1)
    self._require('order', 1, 5)
    self._require('min_reviews', 1)
    self._require('wide_share', 0, 1)
    if not self.wide_learning_rate > 0:
      raise ValueError(f'wide_learning_rate must be above 0, not {self.wide_learning_rate}')

  def preprocessing(self) -> dict[str, Any]:
    wanted = {'order': self.order, 'size': self.ngrams, 'min_reviews': self.min_reviews, 'weighting': 'nb'}
    return {**super().preprocessing(), 'ngrams': wanted}


def model_fn(features, labels, mode, params):
  """See models.model.Model."""
  settings = params.hparams
  with tf.compat.v1.variable_scope('wide') as wide_scope:
    wide = layers.linear(features[keys.NGRAM_IDS], features[keys.NGRAM_WEIGHTS], settings.ngrams)
  with tf.compat.v1.variable_scope('deep') as deep_scope:
    deep, scaffold = cnn.network(features, mode, params)

  def train_op_fn(unused_loss):
    steps = []
    for scope, logits, rate in ((wide_scope, wide, settings.wide_learning_rate),
                                (deep_scope, deep, settings.learning_rate)):
      loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
          labels=tf.cast(tf.reshape(labels, [-1, 1]), tf.float32), logits=logits))
      variables = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES, scope.name + '/')
      steps.append(tf.compat.v1.train.AdamOptimizer(rate, name=f'{scope.name}_adam').minimize(loss, var_list=variables))
    with tf.control_dependencies(steps):
      return tf.compat.v1.assign_add(tf.compat.v1.train.get_global_step(), 1).op

  logits = settings.wide_share * wide + (1 - settings.wide_share) * deep
  return head.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold, settings.averaging)


WIDE_DEEP = model.Model(model_fn, WideDeepHparams(), model.WordVectors.OPTIONAL)
