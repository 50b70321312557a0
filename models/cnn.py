"""cnn: one convolution over word embeddings, its maximum over time, and a dense layer.

The network of the 2018 TensorFlow tutorial on text classification with Estimators (S. Ruder and J. Eisner), after
Y. Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014. Unlike theirs, padding never
reaches the maximum, so a score does not depend on the batch that a review comes in.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from models import features as keys
from models import head
from models import hparams
from models import layers
from models import model


@dataclasses.dataclass(frozen=True)
class CnnHparams(hparams.Hparams):
  """Hyper-parameters of the cnn, beyond those in common.

  Attributes:
    embedding_dim: of the embeddings that start at random; beside word vectors 0 leaves them out.
    embedding_range: they start uniformly between minus and plus this.
    fine_tune: whether word vectors are trained too; false keeps them as they are.
    filters: of the convolution.
    kernel_size: words that one filter sees.
    hidden: units of the dense layer.
    dropout: share dropped, of the embeddings and of the dense layer's output.
  """

  bucketing: bool = True
  embedding_dim: int = 50
  embedding_range: float = 0.05
  fine_tune: bool = True
  filters: int = 128
  kernel_size: int = 3
  hidden: int = 250
  dropout: float = 0.5

  def __post_init__(self):
    super().__post_init__()
    self._require('embedding_dim', 0)
    for name in ('filters', 'kernel_size', 'hidden'):
      self._require(name, 1)
    self._require('dropout', 0, 0.99)

  def search_space(self) -> dict[str, Any]:
    return {**super().search_space(), 'filters': (64, 128, 256), 'kernel_size': (2, 3, 4, 5), 'hidden': (50, 100, 250),
            'dropout': hparams.Range(0, 0.8)}


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
  mask = layers.mask(features[keys.LENGTH], features[keys.TOKENS])[:, :, tf.newaxis]
  embedded, scaffold = layers.embed(features[keys.TOKENS], params)
  embedded = layers.dropout(embedded, settings.dropout, mode, params.seed) * mask
  convolved = layers.convolve(embedded, settings.filters, settings.kernel_size, 'convolution', tf.nn.relu)
  # A ReLU's output is at least 0, so a masked 0 never wins over a word.
  pooled = tf.reduce_max(convolved * mask, axis=1)
  hidden = layers.dense(pooled, settings.hidden, 'hidden', tf.nn.relu)
  hidden = layers.dropout(hidden, settings.dropout, mode, params.seed)
  return layers.dense(hidden, 1, 'logits'), scaffold


def model_fn(features, labels, mode, params):
  """See models.model.Model."""
  logits, scaffold = network(features, mode, params)
  return head.estimator_spec(features, labels, mode, logits, head.adam(params.hparams.learning_rate), scaffold)


CNN = model.Model(model_fn, CnnHparams(), model.WordVectors.OPTIONAL)
CNN_PRETRAINED = model.Model(model_fn, CnnHparams(), model.WordVectors.REQUIRED)
