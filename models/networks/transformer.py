"""The layers of a BERT-type encoder (J. Devlin et al., NAACL 2019): embeddings, attention, and the head's pooler.

The weights have the names and shapes of `encoder_files.tensor_shapes`.
"""

import functools
from typing import Callable, Mapping

import tensorflow as tf

from models import encoder_files
from models.networks import layers

_MASKED = -1e9  # added to the attention to padding: its share becomes exactly 0
_ACTIVATIONS: Mapping[str, Callable[[tf.Tensor], tf.Tensor]] = {
    'gelu': tf.nn.gelu, 'gelu_new': functools.partial(tf.nn.gelu, approximate=True), 'relu': tf.nn.relu}
_INITIAL_DEVIATION = 0.02  # of the weights of a new head, as in BERT


class Transformer:
  """An encoder whose variables are created once, and which may be applied several times."""

  def __init__(self, config: encoder_files.Config, frozen_layers: int, dropout: float, mode: str, seed: int,
               product_type: tf.DType = tf.float32):
    """Create the variables.

    Args:
      config: the structure.
      frozen_layers: number of layers, from the first one, that are not trained; with one or more, the embeddings are
        not trained either, and with more than there are, nothing is.
      dropout: share of the numbers that are dropped in training.
      mode: a tf.estimator.ModeKeys.
      seed: of the dropout.
      product_type: type of the numbers in matrix products and in the attention; all others are float32.
    """
    self._config, self._product_type = config, product_type
    self._dropout = functools.partial(layers.dropout, rate=dropout, mode=mode, seed=seed)
    frozen = [f'encoder.layer.{number}.' for number in range(frozen_layers)]
    frozen += ['embeddings.'] if frozen else []
    frozen += ['pooler.', 'classifier.'] if frozen_layers > config.layers else []
    initializer = tf.compat.v1.truncated_normal_initializer(stddev=_INITIAL_DEVIATION)
    self.variables = {
        name: tf.compat.v1.get_variable(
            name.replace('.', '/'), shape, trainable=not name.startswith(tuple(frozen)),
            initializer=initializer if len(shape) > 1 else tf.compat.v1.zeros_initializer())
        for name, shape in encoder_files.tensor_shapes(config).items()}

  def logits(self, pieces: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Apply the encoder and its classifier.

    Args:
      pieces: int64 [batch, time], ids.
      lengths: int64 [batch], the number of ids of each text; the others are padding, and change nothing.

    Returns:
      float32 [batch, 1].
    """
    batch, time = tf.unstack(tf.shape(pieces))
    hidden = self._embed(pieces)
    mask = tf.sequence_mask(lengths, time, tf.float32)[:, tf.newaxis, tf.newaxis]
    for number in range(self._config.layers):
      hidden = self._layer(hidden, (1 - mask) * _MASKED, batch, time, f'encoder.layer.{number}.')
    first = tf.reshape(hidden, [batch, time, self._config.units])[:, 0]
    activation = tf.nn.relu if self._config.kind == 'distilbert' else tf.tanh
    return self._dense(self._dropout(activation(self._dense(first, 'pooler.dense'))), 'classifier')

  def _embed(self, pieces):
    """Return the embeddings, float32 [batch * time, units]."""
    embeddings = tf.nn.embedding_lookup(self.variables['embeddings.word_embeddings.weight'], pieces)
    embeddings += self.variables['embeddings.position_embeddings.weight'][:tf.shape(pieces)[1]]
    if self._config.types:
      embeddings += self.variables['embeddings.token_type_embeddings.weight'][0]
    flat = tf.reshape(embeddings, [-1, self._config.units])
    return self._dropout(self._normalize(flat, 'embeddings.LayerNorm'))

  def _layer(self, x, mask, batch, time, name):
    """Apply a layer to hidden states, float32 [batch * time, units]."""
    attended = self._attend(x, mask, batch, time, f'{name}attention.self.')
    attended = self._dense(attended, f'{name}attention.output.dense')
    x = self._normalize(x + self._dropout(attended), f'{name}attention.output.LayerNorm')
    inner = _ACTIVATIONS[self._config.activation](self._dense(x, f'{name}intermediate.dense'))
    return self._normalize(x + self._dropout(self._dense(inner, f'{name}output.dense')), f'{name}output.LayerNorm')

  def _attend(self, x, mask, batch, time, name):
    heads, size = self._config.heads, self._config.units // self._config.heads
    names = [name + part for part in ('query', 'key', 'value')]
    dense = tf.reshape(self._dense(x, *names, output_type=self._product_type), [batch, time, 3, heads, size])
    queries, keys, values = tf.unstack(tf.transpose(dense, [2, 0, 3, 1, 4]))
    scores = tf.matmul(queries * size ** -0.5, keys, transpose_b=True)
    attended = tf.matmul(tf.nn.softmax(scores + tf.cast(mask, self._product_type)), values)
    return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [-1, heads * size])

  def _dense(self, x, *names, output_type=tf.float32):
    """Apply dense layers to the same input; returns their outputs side by side."""
    kernel, bias = (tf.concat([self.variables[f'{name}.{part}'] for name in names], axis=0)
                    for part in ('weight', 'bias'))
    product = tf.matmul(tf.cast(x, self._product_type), tf.cast(kernel, self._product_type), transpose_b=True)
    return tf.nn.bias_add(tf.cast(product, output_type), tf.cast(bias, output_type))

  def _normalize(self, x, name):
    """Apply layer normalisation (J. L. Ba et al., 2016).

    Written out with tf.math.rsqrt, it makes the graph optimizer of TensorFlow 2.15 fail on a CPU.
    """
    scale, offset = (self.variables[f'{name}.{part}'] for part in ('weight', 'bias'))
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, None, None, self._config.epsilon) * scale + offset
