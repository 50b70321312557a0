"""The binary head that every model ends in: one loss, one set of metrics, one set of signatures."""

from typing import Mapping, Optional

import tensorflow as tf

from models import features as keys
from models.text import slices
from models.training import exports
from models.training import optimizers
from models.training import summaries
from models.training import weight_averaging


def estimator_spec(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str, logits: tf.Tensor,
                   train_op_fn: optimizers.TrainOpFn, scaffold: Optional[tf.compat.v1.train.Scaffold] = None,
                   averaging: float = 0.0) -> tf.estimator.EstimatorSpec:
  """Build the EstimatorSpec of a model from its logits.

  Args:
    features: the transformed features by key.
    labels: int64 [batch]; or float32 [batch, 1] from pseudo_labels.fill_missing; or None for prediction.
    mode: a tf.estimator.ModeKeys.
    logits: float32 [batch, 1].
    train_op_fn: loss -> training op, see models.training.optimizers.
    scaffold: the Scaffold that initializes variables, or None.
    averaging: decay per step of a moving average of the weights, which replaces them outside of training; 0 for none.

  Returns:
    The EstimatorSpec with the outputs of `add_summaries_and_exports`.
  """
  if averaging:
    train_op_fn = weight_averaging.update_in_training(train_op_fn, averaging)
    if mode != tf.estimator.ModeKeys.TRAIN:
      scaffold = weight_averaging.restore_average(averaging)
  spec = tf.estimator.BinaryClassHead().create_estimator_spec(
      features=features,
      mode=mode,
      logits=logits,
      labels=None if labels is None else tf.reshape(labels, [-1, 1]),
      train_op_fn=train_op_fn,
  )
  return add_summaries_and_exports(spec if scaffold is None else spec._replace(scaffold=scaffold), features, labels)


def add_summaries_and_exports(spec: tf.estimator.EstimatorSpec, features: Mapping[str, tf.Tensor],
                              labels: Optional[tf.Tensor]) -> tf.estimator.EstimatorSpec:
  """Add the project's summaries to the EstimatorSpec of a binary head, and replace its signatures with the project's.

  The head's own serving_default is a classification signature with scores [batch, 2], which TFMA silently misreads.

  Args:
    spec: the EstimatorSpec.
    features: the transformed features by key.
    labels: as for `estimator_spec`.

  Returns:
    The changed EstimatorSpec.
  """
  if spec.mode != tf.estimator.ModeKeys.PREDICT:
    return summaries.add_summaries(spec, labels)
  scores = {keys.SCORES: spec.predictions['logistic']}
  return spec._replace(export_outputs={
      keys.SERVING_SIGNATURE: tf.estimator.export.PredictOutput(scores),
      keys.TEXT_SIGNATURE: exports.TextPredictOutput(scores),
      keys.TRANSFORM_SIGNATURE: tf.estimator.export.PredictOutput({k: _to_dense(v) for k, v in features.items()}),
      keys.COVERAGE_SIGNATURE: exports.TextPredictOutput({keys.KNOWN_WORDS: slices.count_known_words(features)}),
      keys.SLICES_SIGNATURE: tf.estimator.export.PredictOutput(slices.assign_buckets(features)),
  })


def _to_dense(feature):
  """Make a SparseTensor dense, as a signature requires: ids are padded with -1, weights with 0."""
  if not isinstance(feature, tf.SparseTensor):
    return feature
  return tf.sparse.to_dense(feature, -1 if feature.dtype.is_integer else 0)
