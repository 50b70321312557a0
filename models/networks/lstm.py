"""lstm: a long short-term memory network over word embeddings (S. Hochreiter and J. Schmidhuber, 1997).

The recurrent model of the 2018 TensorFlow tutorial on text classification with Estimators, which reads the state at
the end of the text, not of its padding. Here one fused kernel runs the whole sequence instead of a loop of small ones,
batches hold texts of similar length, and the maximum of each unit over time joins the last state, so that the beginning
of a text is not forgotten over hundreds of steps.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import hparams
from models import model
from models.networks import embedding
from models.networks import layers
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


def network(features: Mapping[str, tf.Tensor], mode: str, params: model.Params[LstmHparams]
            ) -> tuple[tf.Tensor, Optional[tf.compat.v1.train.Scaffold]]:
  """Build the network without its head; see models.networks.cnn.network."""
  settings = params.hparams
  length = features[keys.LENGTH]
  embedded, mask, scaffold = embedding.embed(features, mode, params)
  states = lstm(embedded, settings.units, tf.reduce_max(length), mode == tf.estimator.ModeKeys.TRAIN)
  pooled = [tf.gather_nd(states, tf.stack([tf.range(tf.size(length, tf.int64)), length - 1], axis=1))]
  if settings.max_pooling:
    # States are above -1, so the padding, which is set to -1, is never the maximum.
    pooled.append(tf.reduce_max(states * mask - (1 - mask), axis=1))
  pooled = layers.dropout(tf.concat(pooled, axis=1), settings.dropout, mode, params.seed)
  return layers.dense(pooled, 1, 'logits'), scaffold


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[LstmHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  logits, scaffold = network(features, mode, params)
  if settings.unlabeled and mode == tf.estimator.ModeKeys.TRAIN:
    labels = pseudo_labels.fill_missing(labels, lambda: network(features, tf.estimator.ModeKeys.EVAL, params)[0])
  train_op_fn = optimizers.adam(learning_rate.from_hparams(settings), settings.clip_norm)
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold, settings.averaging)


def lstm(x: tf.Tensor, units: int, steps: tf.Tensor, training: bool) -> tf.Tensor:
  """Apply an LSTM over time, by TensorFlow's fused kernel.

  Args:
    x: float32 [batch, time, n].
    units: number of units.
    steps: int64 scalar, number of time steps of the longest example of the batch.
    training: whether the batch is a training batch.

  Returns:
    The hidden states, float32 [batch, time, units].
  """
  with tf.compat.v1.variable_scope('lstm'):
    kernel = tf.compat.v1.get_variable(
        'kernel', [x.shape[-1] + units, 4 * units], initializer=tf.compat.v1.glorot_uniform_initializer())
    bias = tf.compat.v1.get_variable('bias', [4 * units], initializer=tf.compat.v1.zeros_initializer())
  peephole = tf.zeros([units])  # required by the kernel, which ignores it by default

  def run_block(batch):
    zeros = tf.zeros([tf.shape(batch)[1], units])
    return tf.raw_ops.BlockLSTM(
        seq_len_max=steps, x=batch, cs_prev=zeros, h_prev=zeros, w=kernel, b=bias,
        wci=peephole, wcf=peephole, wco=peephole, forget_bias=1.0, cell_clip=-1.0).h

  x = tf.transpose(x, [1, 0, 2])
  if training:
    # The matrices of one time step are too small to be shared by two cores: each core takes half of the batch.
    half = tf.shape(x)[1] // 2
    states = tf.concat([run_block(part) for part in tf.split(x, [half, tf.shape(x)[1] - half], axis=1, num=2)], axis=1)
  else:
    states = run_block(x)
  return tf.transpose(states, [1, 0, 2])


LSTM = model.Model(model_fn, LstmHparams(), model.WordVectors.OPTIONAL)
LSTM_PRETRAINED = model.Model(model_fn, LstmHparams(train_steps=2_000, unlabeled=True), model.WordVectors.REQUIRED)
