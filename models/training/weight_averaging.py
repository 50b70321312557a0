"""Moving average of the weights (B. T. Polyak and A. B. Juditsky, SIAM J. Control and Optimization 30(4), 1992)."""

import tensorflow as tf

from models.training import optimizers

_STEPS_BETWEEN_UPDATES = 10  # an update of the average takes about as long as a training step


def update_in_training(train_op_fn: optimizers.TrainOpFn, decay: float) -> optimizers.TrainOpFn:
  """Return a train_op_fn that updates the average of all trainable variables after the training step.

  Args:
    train_op_fn: takes the training step.
    decay: decay per training step, from 0 to 1.
  """

  def averaging_train_op_fn(loss):
    variables = tf.compat.v1.trainable_variables()
    updates = tf.compat.v1.train.get_or_create_global_step() // _STEPS_BETWEEN_UPDATES
    average = _create_average(decay, updates)
    average.apply(variables)  # creates the variables of the average, which is not possible inside tf.cond
    # The training step increments the global step: read after it, `updates` would be another number.
    with tf.control_dependencies([updates]):
      step = train_op_fn(loss)
    with tf.control_dependencies([step]):
      is_due = tf.equal(tf.compat.v1.train.get_global_step() % _STEPS_BETWEEN_UPDATES, 0)
      return tf.cond(is_due, lambda: average.apply(variables), tf.no_op)

  return averaging_train_op_fn


def restore_average(decay: float) -> tf.compat.v1.train.Scaffold:
  """Return a Scaffold that restores the averages from a checkpoint in place of the weights.

  Args:
    decay: as for `update_in_training`.
  """
  average = _create_average(decay)
  return tf.compat.v1.train.Scaffold(saver=tf.compat.v1.train.Saver(average.variables_to_restore()))


def _create_average(decay, updates=None):
  return tf.train.ExponentialMovingAverage(decay ** _STEPS_BETWEEN_UPDATES, updates)
