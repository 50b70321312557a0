"""lstm: a long short-term memory network over word embeddings (S. Hochreiter and J. Schmidhuber, 1997).

The recurrent model of the 2018 TensorFlow tutorial on text classification with Estimators, which reads the state at
the end of the text, not of its padding. Here one fused kernel runs the whole sequence instead of a loop of small ones,
batches hold texts of similar length, and the maximum of each unit over time joins the last state, so that the beginning
of a text is not forgotten over hundreds of steps.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import augmentation
from models import features as keys
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
class LstmHparams(embedding.SequenceHparams):
  """Hyper-parameters of the lstm, in addition to those of the sequence models.

  Attributes:
    units: number of units of the LSTM.
    max_pooling: whether the maximum of each unit over time joins its last state.
    clip_norm: the gradient is clipped to this global norm.
  """

  train_steps: int = 500
  learning_rate: float = 2e-3
  vectors_scale: float = 1.0
  units: int = 100
  max_pooling: bool = True
  clip_norm: float = 1.0

  BOUNDS = {'units': hparams.AT_LEAST_1, 'clip_norm': hparams.POSITIVE}

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    return {**super().search_space(), 'units': (50, 100, 150), 'clip_norm': hparams.Range(0.1, 10, log=True)}


def network(features: Mapping[str, tf.Tensor], mode: str, params: model.Params[LstmHparams]) -> embedding.Network:
  """Build the network without its head; see models.networks.cnn.network."""
  settings = params.hparams
  length = features[keys.LENGTH]

  def read(embedded, mask):
    embedded, mask = (tf.transpose(x, [1, 0, 2]) for x in (embedded, mask))
    parts = 2 if mode == tf.estimator.ModeKeys.TRAIN else 1
    states = layers.lstm(embedded, settings.units, tf.reduce_max(length), parts)
    last, maximum = layers.pool_states(states, length, mask)
    pooled = tf.concat([last, maximum], axis=1) if settings.max_pooling else last
    pooled = layers.dropout(pooled, settings.dropout, mode, params.seed)
    return layers.dense(pooled, 1, 'logits')

  return embedding.build(features, mode, params, read)


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[LstmHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  deep = network(features, mode, params)
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    labels = pseudo_labels.fill_missing(
        features, labels, lambda: network(features, tf.estimator.ModeKeys.EVAL, params).logits)
  train_op_fn = optimizers.adam(learning_rate.from_hparams(settings), settings.clip_norm)
  logits, train_op_fn = short_texts.join(features, labels, mode, params, deep, train_op_fn)
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, deep.scaffold, settings.averaging)


_READING: Mapping[str, Any] = {'negation_reach': 3, **augmentation.DOSES}
LSTM = model.Model(model_fn, LstmHparams(train_steps=2_000, **_READING), model.WordVectors.OPTIONAL)
LSTM_PRETRAINED = model.Model(
    model_fn, LstmHparams(train_steps=2_600, unlabeled=True, **_READING), model.WordVectors.REQUIRED)
