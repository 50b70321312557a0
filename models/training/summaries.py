"""What TensorBoard shows of a training, beyond what Estimators write by themselves: under the same names in training
and on eval, so that one chart holds both.
"""

from tensorboard.plugins.pr_curve import summary as pr_curve
import tensorflow as tf

ACCURACY, AUC, LEARNING_RATE, PR_CURVE = 'accuracy', 'auc', 'learning_rate', 'pr_curve'
PR_CURVE_TAG = f'{PR_CURVE}/0'  # as an Estimator names the first summary of a metric


def added(spec, labels):
  """Gives an EstimatorSpec of the binary head the batch's accuracy and AUC in training, and the PR curve on eval.

  Args:
    spec: tf.estimator.EstimatorSpec.
    labels: [batch] or [batch, 1], 1 or above .5 for positive; not needed for prediction.

  Returns:
    tf.estimator.EstimatorSpec.
  """
  if spec.mode == tf.estimator.ModeKeys.PREDICT:
    return spec
  positive = tf.greater(tf.cast(tf.reshape(labels, [-1]), tf.float32), 0.5)
  scores = tf.reshape(spec.predictions['logistic'], [-1])
  if spec.mode == tf.estimator.ModeKeys.EVAL:
    curve = pr_curve.streaming_op(PR_CURVE, positive, scores)
    return spec._replace(eval_metric_ops={**spec.eval_metric_ops, PR_CURVE: curve})
  _scalar(ACCURACY, tf.reduce_mean(tf.cast(tf.equal(scores > 0.5, positive), tf.float32)))
  _scalar(AUC, batch_auc(positive, scores))
  return spec


def batch_auc(positive, scores):
  """The share of pairs of a positive and a negative review that are in the right order, a tie being half of one.

  Args:
    positive: bool [batch].
    scores: float32 [batch].

  Returns:
    float32 scalar; not a number where the batch has one class only.
  """
  above = tf.boolean_mask(scores, positive)[:, tf.newaxis] - tf.boolean_mask(scores, ~positive)
  return tf.reduce_mean(0.5 + 0.5 * tf.sign(above))


def learning_rate(value, part=''):
  """Shows the learning rate of an optimizer, a number or a tensor; `part` is of the model, where it has several."""
  _scalar(f'{LEARNING_RATE}/{part}' if part else LEARNING_RATE, value)


def _scalar(tag, value):
  with tf.compat.v1.name_scope(''):  # not in the caller's scope, which would go before the tag
    tf.compat.v1.summary.scalar(tag, value)
