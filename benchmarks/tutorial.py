"""The input function and the models of the 2018 TensorFlow tutorial, as the reference for training speed.

Written from the description in S. Ruder and J. Eisner, "Classifying text with TensorFlow Estimators", with the
functions that TensorFlow 2.15 still has for the same graph. As in the tutorial, padding is part of the batch.
"""

import tensorflow as tf

_EMBEDDING = 50


def input_fn(tokens, lengths, labels, batch_size):
  """Return an endless dataset of shuffled batches: ({'x': [batch, max_length], 'len': [batch]}, labels [batch])."""
  dataset = tf.data.Dataset.from_tensor_slices((tokens, lengths, labels))
  dataset = dataset.shuffle(len(tokens)).batch(batch_size)
  return dataset.map(lambda x, length, y: ({'x': x, 'len': length}, y)).repeat()


def bow_sparse_model_fn(features, labels, mode, params, config):
  """Build the canned linear classifier on the words and the padding."""
  linear = tf.estimator.LinearClassifier([_words(params)], config=config)
  return linear.model_fn(features, labels, mode, config)


def bow_embeddings_model_fn(features, labels, mode, params, config):
  """Build the canned dense network on the mean embedding of the words and the padding."""
  column = tf.feature_column.embedding_column(_words(params), _EMBEDDING)
  return tf.estimator.DNNClassifier([100], [column], config=config).model_fn(features, labels, mode, config)


def _words(params):
  return tf.feature_column.categorical_column_with_identity('x', params['vocab_size'])


def cnn_model_fn(features, labels, mode, params):
  """Build embedding, dropout, convolution, maximum over time, dense layer, dropout and logit."""
  training = mode == tf.estimator.ModeKeys.TRAIN
  embedded = tf.compat.v1.layers.dropout(_embed(features['x'], params['vocab_size']), 0.2, training=training)
  convolved = tf.compat.v1.layers.conv1d(embedded, 32, 3, padding='same', activation=tf.nn.relu)
  hidden = tf.compat.v1.layers.dense(tf.reduce_max(convolved, axis=1), 250, activation=tf.nn.relu)
  hidden = tf.compat.v1.layers.dropout(hidden, 0.2, training=training)
  return _spec(features, labels, mode, hidden)


def lstm_model_fn(features, labels, mode, params):
  """Build embedding, dynamic_rnn over a BasicLSTMCell, and the logit of the state at the last word."""
  cell = tf.compat.v1.nn.rnn_cell.BasicLSTMCell(100)
  _, state = tf.compat.v1.nn.dynamic_rnn(
      cell, _embed(features['x'], params['vocab_size']), sequence_length=features['len'], dtype=tf.float32)
  return _spec(features, labels, mode, state.h)


def _embed(tokens, vocab_size):
  table = tf.compat.v1.get_variable(
      'embedding', [vocab_size, _EMBEDDING], initializer=tf.compat.v1.random_uniform_initializer(-1.0, 1.0))
  return tf.nn.embedding_lookup(table, tokens)


def _spec(features, labels, mode, last_layer):
  optimizer = tf.compat.v1.train.AdamOptimizer()
  return tf.estimator.BinaryClassHead().create_estimator_spec(
      features=features, mode=mode, labels=tf.reshape(labels, [-1, 1]),
      logits=tf.compat.v1.layers.dense(last_layer, 1),
      train_op_fn=lambda loss: optimizer.minimize(loss, tf.compat.v1.train.get_global_step()))


MODELS = {'bow_sparse': bow_sparse_model_fn, 'bow_embeddings': bow_embeddings_model_fn, 'cnn': cnn_model_fn,
          'lstm': lstm_model_fn}
