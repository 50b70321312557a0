"""cnn: one convolution over word embeddings, its maximum over time, and a dense layer.

The network of the 2018 TensorFlow tutorial on text classification with Estimators (S. Ruder and J. Eisner), after
Y. Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014. Unlike theirs, padding never
reaches the maximum, so a score does not depend on the batch that a review comes in.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from models.networks import embedding
from models.training import heads
from models.networks import layers
from models import model


@dataclasses.dataclass(frozen=True)
class CnnHparams(embedding.SequenceHparams):
  """Hyper-parameters of the cnn, beyond those of the sequence models.

  Attributes:
    filters: of each convolution.
    kernel_sizes: words that a filter sees, with blanks between the sizes: a convolution for each.
    hidden: units of the dense layer.
  """

  filters: int = 128
  kernel_sizes: str = '4'
  hidden: int = 250

  def __post_init__(self):
    super().__post_init__()
    for name in ('filters', 'hidden'):
      self._require(name, 1)
    if not self.sizes() or min(self.sizes()) < 1:
      raise ValueError(f"kernel_sizes must be whole numbers from 1, as '2 3', not {self.kernel_sizes!r}")

  def sizes(self) -> list[int]:
    """kernel_sizes as numbers; 0 stands for what is none."""
    return [int(size) if size.isdecimal() else 0 for size in self.kernel_sizes.split()]

  def search_space(self) -> dict[str, Any]:
    return {**super().search_space(), 'filters': (64, 128, 256), 'kernel_sizes': ('2', '3', '4', '1 2 3', '2 3 4'),
            'hidden': (50, 100, 250)}


def network(features, mode, params):
  """The network without its head.

  Args:
    features: TOKENS and LENGTH by key.
    mode: a tf.estimator.ModeKeys.
    params: models.model.Params with `CnnHparams`.

  Returns:
    logits, float32 [batch, 1], and a Scaffold or None.
  """
  settings = params.hparams
  embedded, mask, scaffold = embedding.embed(features, mode, params)
  pooled = [layers.strongest(embedded, mask, settings.filters, size, f'convolution_{size}', mode)
            for size in settings.sizes()]
  hidden = layers.dense(tf.concat(pooled, axis=1), settings.hidden, 'hidden', tf.nn.relu)
  hidden = layers.dropout(hidden, settings.dropout, mode, params.seed)
  return layers.dense(hidden, 1, 'logits'), scaffold


def model_fn(features, labels, mode, params):
  """See models.model.Model."""
  logits, scaffold = network(features, mode, params)
  settings = params.hparams
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    labels = heads.own_labels(labels, lambda: network(features, tf.estimator.ModeKeys.EVAL, params)[0])
  return heads.estimator_spec(
      features, labels, mode, logits, heads.adam(heads.rate(settings)), scaffold, settings.averaging)


CNN = model.Model(model_fn, CnnHparams(), model.WordVectors.OPTIONAL)
CNN_PRETRAINED = model.Model(
    model_fn, CnnHparams(train_steps=3_000, learning_rate=2e-3, unlabeled=True), model.WordVectors.REQUIRED)
