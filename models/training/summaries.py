"""Summaries for TensorBoard, in addition to those of Estimators.

The tags are the same in training and on eval, so that one chart shows both.
"""

from typing import Optional, Union

from tensorboard.plugins.pr_curve import summary as pr_curve
import tensorflow as tf

ACCURACY, AUC, LEARNING_RATE, PR_CURVE = 'accuracy', 'auc', 'learning_rate', 'pr_curve'
PR_CURVE_TAG = f'{PR_CURVE}/0'  # the tag that an Estimator gives the summary of the metric PR_CURVE


def add_summaries(spec: tf.estimator.EstimatorSpec, labels: Optional[tf.Tensor]) -> tf.estimator.EstimatorSpec:
  """Add the accuracy and AUC of the batch in training, and the precision-recall curve on eval.

  Args:
    spec: EstimatorSpec of a binary head.
    labels: [batch] or [batch, 1], above 0.5 for positive; None for prediction.

  Returns:
    The changed EstimatorSpec.
  """
  if spec.mode == tf.estimator.ModeKeys.PREDICT:
    return spec
  positive = tf.greater(tf.cast(tf.reshape(labels, [-1]), tf.float32), 0.5)
  scores = tf.reshape(spec.predictions['logistic'], [-1])
  if spec.mode == tf.estimator.ModeKeys.EVAL:
    curve = pr_curve.streaming_op(PR_CURVE, positive, scores)
    return spec._replace(eval_metric_ops={**spec.eval_metric_ops, PR_CURVE: curve})
  _add_scalar(ACCURACY, tf.reduce_mean(tf.cast(tf.equal(scores > 0.5, positive), tf.float32)))
  _add_scalar(AUC, batch_auc(positive, scores))
  return spec


def batch_auc(positive: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
  """Compute the area under the ROC curve of a batch.

  It is the share of pairs of a positive and a negative example in which the positive one has the higher score; a tie
  counts half.

  Args:
    positive: bool [batch].
    scores: float32 [batch].

  Returns:
    float32 scalar; NaN if the batch has one class only.
  """
  differences = tf.boolean_mask(scores, positive)[:, tf.newaxis] - tf.boolean_mask(scores, ~positive)
  return tf.reduce_mean(0.5 + 0.5 * tf.sign(differences))


def add_learning_rate(value: Union[float, tf.Tensor], part: str = '') -> None:
  """Add the learning rate of an optimizer; `part` names the part of a model that has several."""
  _add_scalar(f'{LEARNING_RATE}/{part}' if part else LEARNING_RATE, value)


def _add_scalar(tag, value):
  with tf.compat.v1.name_scope(''):  # the caller's scope would become a prefix of the tag
    tf.compat.v1.summary.scalar(tag, value)
