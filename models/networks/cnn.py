"""cnn: a convolution over word embeddings, max pooling over time, and a dense layer.

The network of the 2018 TensorFlow tutorial on text classification with Estimators (S. Ruder and J. Eisner), after
Y. Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014. Unlike the tutorial's, padding never
reaches the maximum, so a score does not depend on the other examples of the batch.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import augmentation
from models import hparams
from models import model
from models.networks import embedding
from models.networks import layers
from models.networks import short_texts
from models.training import heads
from models.training import learning_rate
from models.training import optimizers
from models.training import pseudo_labels


@dataclasses.dataclass(frozen=True)
class CnnHparams(embedding.SequenceHparams):
  """Hyper-parameters of the cnn, in addition to those of the sequence models.

  Attributes:
    filters: number of filters of each convolution.
    kernel_sizes: number of words that a filter covers; several numbers, separated by blanks, make as many convolutions.
    hidden: units of the dense layer.
  """

  filters: int = 128
  kernel_sizes: str = '4'
  hidden: int = 250

  BOUNDS = {'filters': hparams.AT_LEAST_1, 'hidden': hparams.AT_LEAST_1}

  def __post_init__(self) -> None:
    super().__post_init__()
    if not self.kernel_widths() or min(self.kernel_widths()) < 1:
      raise ValueError(f"kernel_sizes must be whole numbers from 1, as '2 3', not {self.kernel_sizes!r}")

  def kernel_widths(self) -> list[int]:
    """Return kernel_sizes as numbers; 0 stands for a part that is not a number."""
    return [int(size) if size.isdecimal() else 0 for size in self.kernel_sizes.split()]

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    return {**super().search_space(), 'filters': (64, 128, 256), 'kernel_sizes': ('2', '3', '4', '1 2 3', '2 3 4'),
            'hidden': (50, 100, 250)}


def network(features: Mapping[str, tf.Tensor], mode: str, params: model.Params[CnnHparams]) -> embedding.Network:
  """Build the network without its head.

  Args:
    features: TOKENS and LENGTH by key.
    mode: a tf.estimator.ModeKeys.
    params: the model's parameters.
  """
  settings = params.hparams

  def convolve(embedded, mask):
    pooled = [layers.conv1d_max_pool(embedded, mask, settings.filters, width, f'convolution_{width}', mode)
              for width in settings.kernel_widths()]
    hidden = layers.dense(tf.concat(pooled, axis=1), settings.hidden, 'hidden', tf.nn.relu)
    hidden = layers.dropout(hidden, settings.dropout, mode, params.seed)
    return layers.dense(hidden, 1, 'logits')

  return embedding.build(features, mode, params, convolve)


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[CnnHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  deep = network(features, mode, params)
  settings = params.hparams
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    labels = pseudo_labels.fill_missing(
        features, labels, lambda: network(features, tf.estimator.ModeKeys.EVAL, params).logits)
  train_op_fn = optimizers.adam(learning_rate.from_hparams(settings))
  logits, train_op_fn = short_texts.join(features, labels, mode, params, deep, train_op_fn)
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, deep.scaffold, settings.averaging)


_READING: Mapping[str, Any] = {'negation_reach': 3, **augmentation.DOSES}
CNN = model.Model(model_fn, CnnHparams(train_steps=4_000, adversarial=0.25, **_READING), model.WordVectors.OPTIONAL)
CNN_PRETRAINED = model.Model(model_fn, CnnHparams(
    train_steps=3_600, learning_rate=2e-3, short_learning_rate=4e-3, unlabeled=True, **_READING),
    model.WordVectors.REQUIRED)
