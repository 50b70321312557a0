"""The part of the neural models that reads short texts, and how it is mixed with the rest of the model.

What a long review says is a sum over many opinions; in a sentence, one word such as "not" decides. A network that
learns both at once becomes worse at each. So texts of up to `short_length` tokens have an LSTM of their own in both
directions, which learns from them alone. The longer the text, the more the rest of the model decides. The LSTM reads
the word embeddings that the rest has learned from reviews, but does not change them.

The weight of each part is a fixed function of the length. A learned weight compares errors in training, where dropout
makes those of the rest larger, so it gives too much weight to the LSTM in reviews of a few sentences (docs/models.md).
"""

import dataclasses
from typing import Mapping, Optional, Union

import tensorflow as tf

from models import features as keys
from models import model
from models.networks import adversarial
from models.networks import embedding
from models.networks import layers
from models.networks import logit_pairing
from models.training import learning_rate
from models.training import optimizers

_SCOPE = 'short_texts'
_EMBEDDING_DIM = 32
_UNITS = 48  # of the LSTM in each direction
_HIDDEN = 100
_DROPOUT = 0.2
_WORD_DROPOUT = 0.25  # of the part's own embedding, which knows few words: the LSTM must also use that of the rest
_SCALE = 3.0  # of the word vectors, which are small: so that they tell as much as the part's own
_MAX_LOGIT = 4.0  # a probability of .982: so a text that the part does not understand cannot outvote the rest
# The weight of the rest is one half at half of `short_length` tokens, .98 at `short_length`, and 1 for longer texts,
# which the LSTM need not read.
_HALF, _SLOPE = 0.5, 6.0


def network(features: Mapping[str, tf.Tensor], mode: str, params: model.Params[embedding.SequenceHparams]
            ) -> tf.Tensor:
  """Build the part that reads short texts, in the variable scope in which `embedding.look_up` was called before.

  Args:
    features: SHORT_TOKENS and LENGTH by key.
    mode: a tf.estimator.ModeKeys.
    params: the model's parameters.

  Returns:
    The logits, float32 [batch, 1]; 0 for texts that are too long to be read.
  """
  limit, lengths = params.hparams.short_length, features[keys.LENGTH]
  rows = tf.where(lengths <= limit)[:, 0]
  some = tf.concat([rows, [0]], axis=0)  # layers.lstm takes no empty batch
  length = tf.minimum(tf.gather(lengths, some), limit)
  tokens = tf.transpose(tf.gather(features[keys.SHORT_TOKENS], some)[:, :tf.reduce_max(length)])  # [time, batch]
  mask = tf.transpose(tf.sequence_mask(length, dtype=tf.float32))[:, :, tf.newaxis]
  learned = _SCALE * tf.stop_gradient(embedding.look_up(tokens, params))
  with tf.compat.v1.variable_scope(_SCOPE):
    table = tf.compat.v1.get_variable(
        'table', [params.vocab_size, _EMBEDDING_DIM], initializer=tf.compat.v1.random_uniform_initializer(-0.05, 0.05))
    own = tf.nn.embedding_lookup(table, tokens) * layers.dropout(mask, _WORD_DROPOUT, mode, params.seed)
    embedded = tf.concat([learned, own], axis=-1)
    embedded = layers.dropout(embedded, _DROPOUT, mode, params.seed) * mask
    pooled: list[tf.Tensor] = []
    backward = tf.reverse_sequence(embedded, length, seq_axis=0, batch_axis=1)
    for name, words in ('forward', embedded), ('backward', backward):  # side by side: one core each
      with tf.compat.v1.variable_scope(name):
        states = layers.lstm(words, _UNITS, tf.reduce_max(length))
      pooled += layers.pool_states(states, length, mask)
    hidden = layers.dense(tf.concat(pooled, axis=1), _HIDDEN, 'hidden', tf.nn.relu)
    logits = layers.dense(layers.dropout(hidden, _DROPOUT, mode, params.seed), 1, 'logits')
  logits = _MAX_LOGIT * tf.tanh(logits / _MAX_LOGIT)
  return tf.scatter_nd(rows[:, tf.newaxis], logits[:-1], [tf.size(lengths, tf.int64), 1])


def mix(features: Mapping[str, tf.Tensor], logits: tf.Tensor, short_logits: tf.Tensor, short_length: int) -> tf.Tensor:
  """Weigh the logits of two parts by the length of the text.

  Args:
    features: LENGTH by key.
    logits: of the rest of the model, float32 [batch, 1].
    short_logits: of `network`, float32 [batch, 1].
    short_length: number of tokens up to which a text is short.

  Returns:
    float32 [batch, 1].
  """
  relative_length = tf.cast(features[keys.LENGTH][:, tf.newaxis], tf.float32) / short_length
  weight = tf.where(relative_length <= 1, tf.sigmoid(_SLOPE * tf.math.log(relative_length / _HALF)), 1.0)
  return weight * logits + (1 - weight) * short_logits


def weigh(features: Mapping[str, tf.Tensor], settings: embedding.SequenceHparams) -> tuple[tf.Tensor, tf.Tensor]:
  """Return the weights of a batch's texts in the losses of the rest of the model and of `network`.

  Args:
    features: LENGTH by key.
    settings: the model's hyper-parameters.

  Returns:
    Two float32 [batch, 1].
  """
  is_short = tf.cast(features[keys.LENGTH] <= settings.short_length, tf.float32)[:, tf.newaxis]
  return 1 - (1 - settings.short_weight) * is_short, is_short


def pair(features: Mapping[str, tf.Tensor], params: model.Params[embedding.SequenceHparams],
         scope: Union[str, tf.compat.v1.VariableScope]) -> tf.Tensor:
  """Return the weighted loss of logit pairing, float32 scalar; see models.networks.logit_pairing.

  Args:
    features: as for `network`.
    params: the model's parameters.
    scope: the variable scope in which `network` was called.
  """
  if not params.hparams.logit_pairing or not params.identity_ids:
    return tf.constant(0.0)
  with tf.compat.v1.variable_scope(scope, reuse=True):
    # Without dropout, which would be most of the difference.
    return params.hparams.logit_pairing * logit_pairing.loss(
        features, lambda texts: network(texts, tf.estimator.ModeKeys.EVAL, params), params)


def join(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
         params: model.Params[embedding.SequenceHparams], rest: embedding.Network, train_op_fn: optimizers.TrainOpFn
         ) -> tuple[tf.Tensor, optimizers.TrainOpFn]:
  """Mix `network`, unless `short_length` is 0, with a network that is trained by one optimizer.

  Args:
    features: as for `network`.
    labels: of the batch, from 0 to 1, int64 [batch] or float32 [batch, 1]; None for prediction.
    mode: a tf.estimator.ModeKeys.
    params: the model's parameters.
    rest: the network.
    train_op_fn: what trains it; see models.training.optimizers.

  Returns:
    The logits of the whole, and the train_op_fn that trains all parts.
  """
  settings, scope = params.hparams, tf.compat.v1.get_variable_scope()
  short_logits = network(features, mode, params) if settings.short_length else None

  def train_all(_):  # the loss of the whole: each part learns from its own
    expected = tf.reshape(tf.cast(labels, tf.float32), [-1, 1])
    weights, is_short = weigh(features, settings)

    def cross_entropy(logits, weights=weights):
      return tf.reduce_mean(weights * tf.nn.sigmoid_cross_entropy_with_logits(labels=expected, logits=logits))

    loss = adversarial.total_loss(rest, cross_entropy, settings.adversarial)
    if short_logits is None:
      return train_op_fn(loss)
    short_loss = cross_entropy(short_logits, is_short) + pair(features, params, scope)
    short_step, loss = minimize(short_loss, loss, settings)
    return tf.group(train_op_fn(loss), short_step)

  if short_logits is None:
    return rest.logits, train_all
  return mix(features, rest.logits, short_logits, settings.short_length), train_all


def minimize(short_loss: tf.Tensor, loss: tf.Tensor, settings: embedding.SequenceHparams
             ) -> tuple[tf.Operation, tf.Tensor]:
  """Take one step on the variables of `network`.

  Args:
    short_loss: of `network`, float32 scalar.
    loss: of the rest of the model, float32 scalar.
    settings: the model's hyper-parameters.

  Returns:
    The op, and `loss` for the step of the rest of the model: it is not known before `network` has read the word
    vectors and the number of the step, which that step changes.
  """
  own = dataclasses.replace(settings, learning_rate=settings.short_learning_rate)
  rate = tf.convert_to_tensor(learning_rate.from_hparams(own))
  variables = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES, f'(.*/)?{_SCOPE}/')
  with tf.compat.v1.variable_scope(f'{_SCOPE}_step'):
    step = optimizers.minimize(tf.compat.v1.train.AdamOptimizer(rate), short_loss, variables)
  with tf.control_dependencies([rate, short_loss]):
    return step, tf.identity(loss)
