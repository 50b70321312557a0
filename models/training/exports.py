"""Export of a SavedModel whose signatures lead from raw text to scores, with the Transform graph inside."""

import os
from typing import Any, Callable, Mapping

import tensorflow as tf
import tensorflow_transform as tft

from models import encoder_export
from models import features as keys
from models.training import inputs

_TEXT_OP = 'text'


class TextPredictOutput(tf.estimator.export.PredictOutput):
  """Output of a signature that takes plain strings instead of the serialized tf.Examples of the other signatures."""

  def as_signature_def(self, receiver_tensors: Mapping[str, tf.Tensor]) -> Any:
    """Return the SignatureDef whose input is the text of `serving_input_receiver_fn`."""
    del receiver_tensors
    text = tf.compat.v1.get_default_graph().get_tensor_by_name(f'{_TEXT_OP}:0')
    return super().as_signature_def({keys.TEXT: text})


def serving_input_receiver_fn(transform_output: tft.TFTransformOutput
                              ) -> Callable[[], tf.estimator.export.ServingInputReceiver]:
  """Return the serving_input_receiver_fn of an Estimator.

  The receiver takes serialized tf.Examples with a `text`; plain strings can be fed in their place, which is what
  `TextPredictOutput` does.

  Args:
    transform_output: output of Transform, whose graph turns text into features.
  """

  def receive():
    examples = tf.compat.v1.placeholder(tf.string, [None], name=keys.EXAMPLES)
    parsed = tf.io.parse_example(examples, {keys.TEXT: tf.io.FixedLenFeature([], tf.string)})
    text = tf.compat.v1.placeholder_with_default(parsed[keys.TEXT], [None], name=_TEXT_OP)
    features = transform_output.transform_raw_features({keys.TEXT: text[:, tf.newaxis]}, drop_unused_features=True)
    features.pop(keys.LABEL, None)
    features = inputs.trim_padding(features)
    return tf.estimator.export.ServingInputReceiver(features, {keys.EXAMPLES: examples})

  return receive


def export_saved_model(estimator: tf.estimator.Estimator, transform_output: tft.TFTransformOutput, checkpoint: str,
                       destination: str) -> None:
  """Export a SavedModel with the signatures of `models.features`.

  Args:
    estimator: the trained Estimator.
    transform_output: output of Transform.
    checkpoint: path prefix of the checkpoint to export.
    destination: directory of the SavedModel; an existing one is replaced.
  """
  encoder = estimator.params.encoder
  staging = estimator.export_saved_model(
      destination + '.exporting', serving_input_receiver_fn(transform_output), checkpoint_path=checkpoint,
      assets_extra=encoder and encoder_export.extra_assets(encoder))
  staging = tf.compat.as_str_any(staging)
  if tf.io.gfile.exists(destination):
    tf.io.gfile.rmtree(destination)
  tf.io.gfile.rename(staging, destination)
  tf.io.gfile.rmtree(os.path.dirname(staging))
