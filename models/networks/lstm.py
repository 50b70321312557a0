"""lstm: a long short-term memory network over word embeddings (S. Hochreiter and J. Schmidhuber, 1997).

The recurrent model of the 2018 TensorFlow tutorial on text classification with Estimators, which reads the state at
the review's true end. Here the whole sequence is one fused kernel instead of a loop of small ones, batches hold
reviews of about the same length, and the largest value that each unit takes over time joins the last state: what was
said early is not lost over hundreds of steps.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from models.networks import embedding
from models import features as keys
from models.training import heads
from models import hparams
from models.networks import layers
from models import model


@dataclasses.dataclass(frozen=True)
class LstmHparams(embedding.SequenceHparams):
  """Hyper-parameters of the lstm, beyond those of the sequence models.

  Attributes:
    units: of the LSTM.
    max_pooling: whether the largest value of each unit joins its state at the true end.
    clip_norm: the gradient's global norm is cut to this.
  """

  train_steps: int = 500
  learning_rate: float = 2e-3
  vectors_scale: float = 1.0
  units: int = 100
  max_pooling: bool = True
  clip_norm: float = 1.0

  def __post_init__(self):
    super().__post_init__()
    self._require('units', 1)
    if not self.clip_norm > 0:
      raise ValueError(f'clip_norm must be above 0, not {self.clip_norm}')

  def search_space(self) -> dict[str, Any]:
    return {**super().search_space(), 'units': (50, 100, 150), 'clip_norm': hparams.Range(0.1, 10, log=True)}


def network(features, mode, params):
  """As models.networks.cnn.network, with `LstmHparams`."""
  settings = params.hparams
  length = features[keys.LENGTH]
  embedded, mask, scaffold = embedding.embed(features, mode, params)
  states = lstm(embedded, settings.units, tf.reduce_max(length), mode == tf.estimator.ModeKeys.TRAIN)
  pooled = [tf.gather_nd(states, tf.stack([tf.range(tf.size(length, tf.int64)), length - 1], axis=1))]
  if settings.max_pooling:
    # States are above -1: what padding gives never wins.
    pooled.append(tf.reduce_max(states * mask - (1 - mask), axis=1))
  pooled = layers.dropout(tf.concat(pooled, axis=1), settings.dropout, mode, params.seed)
  return layers.dense(pooled, 1, 'logits'), scaffold


def model_fn(features, labels, mode, params):
  """See models.model.Model."""
  settings = params.hparams
  logits, scaffold = network(features, mode, params)
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    labels = heads.own_labels(labels, lambda: network(features, tf.estimator.ModeKeys.EVAL, params)[0])
  train_op_fn = heads.adam(heads.rate(settings), settings.clip_norm)
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold, settings.averaging)


def lstm(x, units, steps, training):
  """An LSTM over time, by TensorFlow's fused kernel.

  Args:
    x: float32 [batch, time, n].
    units: int.
    steps: int64 scalar, the time steps that the longest review of the batch needs.
    training: whether the batch is one to learn from.

  Returns:
    The hidden states, float32 [batch, time, units].
  """
  with tf.compat.v1.variable_scope('lstm'):
    kernel = tf.compat.v1.get_variable(
        'kernel', [x.shape[-1] + units, 4 * units], initializer=tf.compat.v1.glorot_uniform_initializer())
    bias = tf.compat.v1.get_variable('bias', [4 * units], initializer=tf.compat.v1.zeros_initializer())
  peephole = tf.zeros([units])  # not used

  def block(batch):
    zeros = tf.zeros([tf.shape(batch)[1], units])
    return tf.raw_ops.BlockLSTM(
        seq_len_max=steps, x=batch, cs_prev=zeros, h_prev=zeros, w=kernel, b=bias,
        wci=peephole, wcf=peephole, wco=peephole, forget_bias=1.0, cell_clip=-1.0).h

  x = tf.transpose(x, [1, 0, 2])
  if training:
    # A time step's matrices are too small for two cores to share: each takes half of the batch.
    half = tf.shape(x)[1] // 2
    states = tf.concat([block(part) for part in tf.split(x, [half, tf.shape(x)[1] - half], axis=1, num=2)], axis=1)
  else:
    states = block(x)
  return tf.transpose(states, [1, 0, 2])


LSTM = model.Model(model_fn, LstmHparams(), model.WordVectors.OPTIONAL)
LSTM_PRETRAINED = model.Model(model_fn, LstmHparams(train_steps=2_000, unlabeled=True), model.WordVectors.REQUIRED)
