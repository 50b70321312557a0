"""Optimizers: functions that turn a loss into a training op, as heads.estimator_spec takes them.

Estimators need the optimizers of tf.compat.v1.train: those of Keras fail in them.
"""

from typing import Callable, Optional, Sequence, Union

import tensorflow as tf

from models.training import summaries

TrainOpFn = Callable[[tf.Tensor], tf.Operation]


def adam(learning_rate: Union[float, tf.Tensor], clip_norm: Optional[float] = None) -> TrainOpFn:
  """Return the train_op_fn of Adam (D. P. Kingma and J. Ba, ICLR 2015).

  Args:
    learning_rate: a number, or a scalar tensor for a schedule.
    clip_norm: global norm that the gradient is clipped to; None does not clip.
  """
  return _train_op_fn(tf.compat.v1.train.AdamOptimizer(learning_rate), learning_rate, clip_norm)


def adamw(learning_rate: tf.Tensor, weight_decay: float, clip_norm: float) -> TrainOpFn:
  """Return the train_op_fn of Adam with decoupled weight decay (I. Loshchilov and F. Hutter, ICLR 2019).

  As usual for encoders, vectors do not decay: the biases, and the scales of normalisations.

  Args:
    learning_rate: scalar tensor.
    weight_decay: share of the matrices that is subtracted in each step, times the learning rate.
    clip_norm: global norm that the gradient is clipped to.
  """
  take_step = adam(learning_rate, clip_norm)

  def train_op_fn(loss):
    with tf.control_dependencies([take_step(loss)]):
      return tf.group(*(variable.assign_sub(learning_rate * weight_decay * variable)
                        for variable in tf.compat.v1.trainable_variables() if variable.shape.rank > 1))

  return train_op_fn


def adagrad(learning_rate: Union[float, tf.Tensor]) -> TrainOpFn:
  """Return the train_op_fn of Adagrad (J. Duchi et al., JMLR 2011); updates only the embedding rows of the batch."""
  return _train_op_fn(tf.compat.v1.train.AdagradOptimizer(learning_rate), learning_rate, None)


def ftrl(learning_rate: Union[float, tf.Tensor]) -> TrainOpFn:
  """Return the train_op_fn of FTRL without regularization (H. B. McMahan et al., KDD 2013).

  It updates only the rows of the batch, as `adagrad` does.
  """
  return _train_op_fn(tf.compat.v1.train.FtrlOptimizer(learning_rate), learning_rate, None)


def minimize(optimizer: tf.compat.v1.train.Optimizer, loss: tf.Tensor,
             variables: Optional[Sequence[tf.Variable]] = None, clip_norm: Optional[float] = None,
             global_step: Optional[tf.Variable] = None) -> tf.Operation:
  """Return an op that takes one step of an optimizer.

  Args:
    optimizer: the optimizer.
    loss: float32 scalar.
    variables: the variables to update, if the loss depends on them; None stands for all trainable ones.
    clip_norm: global norm that the gradient is clipped to; None does not clip.
    global_step: variable that the op increments, or None.
  """
  gradients, variables = map(list, zip(*(
      pair for pair in optimizer.compute_gradients(loss, variables) if pair[0] is not None)))
  if isinstance(optimizer, tf.compat.v1.train.AdamOptimizer):
    # Adam moves all rows of an embedding in each step: with a dense gradient, one kernel does the same in less time.
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
  if clip_norm is not None:
    gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
  # A part of the model may read a variable without a gradient, as short_texts does: it must do so before the change.
  with tf.control_dependencies([loss]):
    return optimizer.apply_gradients(zip(gradients, variables), global_step=global_step)


def _train_op_fn(optimizer, learning_rate, clip_norm):

  def train_op_fn(loss):
    summaries.add_learning_rate(learning_rate)
    return minimize(optimizer, loss, clip_norm=clip_norm, global_step=tf.compat.v1.train.get_global_step())

  return train_op_fn
