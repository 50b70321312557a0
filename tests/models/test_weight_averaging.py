import numpy as np
import tensorflow as tf

from models.training import heads
from models.training import optimizers
from models.training import weight_averaging


def test_evaluation_restores_the_moving_average_of_the_weights(tmp_path):
  decay, values = 0.99, []
  with tf.Graph().as_default():
    step = tf.compat.v1.train.get_or_create_global_step()
    weight = tf.compat.v1.get_variable('weight', [], initializer=tf.zeros_initializer())
    logits, labels = weight * tf.ones([2, 1]), tf.constant([0, 1], tf.int64)

    def add_one(unused_loss):
      with tf.control_dependencies([weight.assign_add(1.0)]):
        return step.assign_add(1).op

    def spec(mode):
      return heads.estimator_spec({}, labels, mode, logits, add_one, averaging=decay)

    training, scaffold = spec(tf.estimator.ModeKeys.TRAIN), spec(tf.estimator.ModeKeys.EVAL).scaffold
    saver = tf.compat.v1.train.Saver()
    with tf.compat.v1.Session() as session:
      session.run(tf.compat.v1.global_variables_initializer())
      for _ in range(2_000):
        session.run(training.train_op)
        values.append(session.run(weight))
      scaffold.saver.restore(session, saver.save(session, str(tmp_path / 'model')))
      found = session.run(weight)
  # An average over hundreds of steps, in which the last ones count most.
  ages = np.arange(len(values))[::-1]
  assert abs(found - np.average(values, weights=decay ** ages)) < 10
  assert found < values[-1] - 80


def test_the_number_of_updates_is_read_before_the_training_step():
  with tf.Graph().as_default() as graph:
    step = tf.compat.v1.train.create_global_step()
    weight = tf.compat.v1.get_variable('weight', initializer=0.0)
    weight_averaging.update_in_training(optimizers.adam(0.1), 0.99)(tf.square(weight - 1))
  updates, = (op for op in graph.get_operations() if op.type == 'FloorDiv')
  increments = [op for op in step.op.outputs[0].consumers() if op.type.startswith('AssignAdd')]
  assert increments and all(updates in _ancestors(op) for op in increments)


def _ancestors(op):
  """The operations that run before another one."""
  found, waiting = set(), [op]
  while waiting:
    current = waiting.pop()
    new = {source.op for source in current.inputs} | set(current.control_inputs)
    waiting += new - found
    found |= new
  return found
