"""The binary head that every model ends in: one loss, one set of metrics, one set of served outputs."""

import tensorflow as tf

from models import features as keys
from models.text import slices
from models.training import summaries

_AVERAGING_STEPS = 10  # from one update of the average to the next: each takes about as long as a step does


def estimator_spec(features, labels, mode, logits, train_op_fn, scaffold=None, averaging=0.0):
  """Builds the EstimatorSpec from a model's logits.

  Args:
    features: the model's transformed features, by key.
    labels: int64 [batch], or those of `own_labels`, or None for prediction.
    mode: a tf.estimator.ModeKeys.
    logits: float32 [batch, 1].
    train_op_fn: loss -> training op.
    scaffold: tf.compat.v1.train.Scaffold with initial values, or None.
    averaging: decay, per step, of a moving average of the weights (B. T. Polyak and A. B. Juditsky, 1992), which takes
      their place outside of training; 0 for none.

  Returns:
    tf.estimator.EstimatorSpec with the outputs of `served`.
  """
  if averaging:
    average = tf.train.ExponentialMovingAverage(
        averaging ** _AVERAGING_STEPS, tf.compat.v1.train.get_or_create_global_step() // _AVERAGING_STEPS)
    train_op_fn = _averaged(train_op_fn, average)
    if mode != tf.estimator.ModeKeys.TRAIN:
      scaffold = tf.compat.v1.train.Scaffold(saver=tf.compat.v1.train.Saver(average.variables_to_restore()))
  spec = tf.estimator.BinaryClassHead().create_estimator_spec(
      features=features,
      mode=mode,
      logits=logits,
      labels=None if labels is None else tf.reshape(labels, [-1, 1]),
      train_op_fn=train_op_fn,
  )
  return served(spec if scaffold is None else spec._replace(scaffold=scaffold), features, labels)


def own_labels(labels, logits_fn):
  """Gives each review without a label the probability that the model itself gives it, undisturbed by dropout.

  Pseudo-labels (D.-H. Lee, ICML workshop 2013), soft, and learned under noise as in Q. Xie et al., "Self-training with
  Noisy Student", CVPR 2020; but the teacher is the model as it is at each step.

  Args:
    labels: int64 [batch], NO_LABEL where there is none.
    logits_fn: () -> logits, float32 [batch, 1], of the network built before, without dropout.

  Returns:
    float32 [batch, 1], 0 to 1.
  """
  with tf.compat.v1.variable_scope(tf.compat.v1.get_variable_scope(), reuse=True):
    own = tf.stop_gradient(tf.sigmoid(logits_fn()))
  labels = labels[:, tf.newaxis]
  return tf.where(tf.equal(labels, keys.NO_LABEL), own, tf.cast(labels, tf.float32))


def _averaged(train_op_fn, average):

  def op_fn(loss):
    variables = tf.compat.v1.trainable_variables()
    average.apply(variables)  # for the variables that it makes, which a condition could not
    with tf.control_dependencies([train_op_fn(loss)]):
      is_due = tf.equal(tf.compat.v1.train.get_global_step() % _AVERAGING_STEPS, 0)
      return tf.cond(is_due, lambda: average.apply(variables), tf.no_op)

  return op_fn


def served(spec, features, labels):
  """Gives an EstimatorSpec our summaries, and the outputs that we serve, in place of a binary head's own.

  The head's default is a classification signature with scores [batch, 2], which TFMA silently misreads.
  """
  if spec.mode != tf.estimator.ModeKeys.PREDICT:
    return summaries.added(spec, labels)
  scores = tf.estimator.export.PredictOutput({keys.SCORES: spec.predictions['logistic']})
  return spec._replace(export_outputs={
      keys.SERVING_SIGNATURE: scores,
      keys.TRANSFORM_SIGNATURE: tf.estimator.export.PredictOutput({k: _dense(v) for k, v in features.items()}),
      keys.SLICES_SIGNATURE: tf.estimator.export.PredictOutput(slices.of(features)),
  })


def _dense(feature):
  """A SparseTensor as a signature can give it: ids are padded with -1, weights with 0."""
  if not isinstance(feature, tf.SparseTensor):
    return feature
  return tf.sparse.to_dense(feature, -1 if feature.dtype.is_integer else 0)


def rate(settings):
  """Of the step at hand: settings.learning_rate, or what is left of it where it falls, evenly, to 0 at the last step."""
  if not settings.decay:
    return settings.learning_rate
  step = tf.compat.v1.train.get_or_create_global_step()
  return tf.compat.v1.train.polynomial_decay(settings.learning_rate, step, settings.train_steps, end_learning_rate=0.0)


def adam(learning_rate, clip_norm=None):
  """A train_op_fn: one step of Adam, the gradient cut to a global norm where one is given."""
  return _train_op_fn(tf.compat.v1.train.AdamOptimizer(learning_rate), learning_rate, clip_norm)


def adagrad(learning_rate):
  """A train_op_fn: one step of Adagrad, which touches only the rows of an embedding that the batch does."""
  return _train_op_fn(tf.compat.v1.train.AdagradOptimizer(learning_rate), learning_rate, None)


def ftrl(learning_rate):
  """A train_op_fn: one step of FTRL, without regularisation, which touches only the rows that the batch does."""
  return _train_op_fn(tf.compat.v1.train.FtrlOptimizer(learning_rate), learning_rate, None)


def _train_op_fn(optimizer, learning_rate, clip_norm):

  def train_op_fn(loss):
    summaries.learning_rate(learning_rate)
    return step(optimizer, loss, clip_norm=clip_norm, global_step=tf.compat.v1.train.get_global_step())

  return train_op_fn


def step(optimizer, loss, variables=None, clip_norm=None, global_step=None):
  """One step of a tf.compat.v1.train.Optimizer down a loss: on some variables, or all; as an op, which counts it."""
  gradients, variables = zip(*optimizer.compute_gradients(loss, variables))
  if isinstance(optimizer, tf.compat.v1.train.AdamOptimizer):
    # Adam moves all rows of an embedding at each step: a whole gradient, in one kernel, is the same in less time.
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
  if clip_norm is not None:
    gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
  return optimizer.apply_gradients(zip(gradients, variables), global_step=global_step)
