"""What an exported SavedModel takes and gives: signatures from raw text to scores, the Transform graph inside."""

import os

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from models import features as keys
from models.training import inputs


def serving_input_receiver_fn(transform_output):
  """Serialized tf.Examples with a `text`, or, in its stead, plain strings.

  Args:
    transform_output: tft.TFTransformOutput.

  Returns:
    A function that gives a tf.estimator.export.ServingInputReceiver.
  """

  def receiver():
    examples = tf.compat.v1.placeholder(tf.string, [None], name='examples')
    parsed = tf.io.parse_example(examples, {keys.TEXT: tf.io.FixedLenFeature([], tf.string)})
    text = tf.compat.v1.placeholder_with_default(parsed[keys.TEXT], [None], name='text')
    features = transform_output.transform_raw_features({keys.TEXT: text[:, tf.newaxis]}, drop_unused_features=True)
    features.pop(keys.LABEL, None)
    features = inputs.trimmed(features)
    return tf.estimator.export.ServingInputReceiver(
        features, {'examples': examples}, receiver_tensors_alternatives={'plain': {keys.TEXT: text}})

  return receiver


def export(estimator, transform_output, checkpoint, destination):
  """Exports a SavedModel with the three signatures of `models.features`.

  Args:
    estimator: tf.estimator.Estimator.
    transform_output: tft.TFTransformOutput.
    checkpoint: path prefix of the checkpoint to export.
    destination: the SavedModel's directory.
  """
  staging = estimator.export_saved_model(
      destination + '.exporting', serving_input_receiver_fn(transform_output), checkpoint_path=checkpoint)
  staging = tf.compat.as_str_any(staging)
  _name_signatures(staging)
  if tf.io.gfile.exists(destination):
    tf.io.gfile.rmtree(destination)
  tf.io.gfile.rename(staging, destination)
  tf.io.gfile.rmtree(os.path.dirname(staging))


def _name_signatures(directory):
  """Estimators name an alternative input's signatures `<alternative>:<output>`; gives the one we serve its name."""
  path = os.path.join(directory, 'saved_model.pb')
  with tf.io.gfile.GFile(path, 'rb') as file:
    saved_model = saved_model_pb2.SavedModel.FromString(file.read())
  for meta_graph in saved_model.meta_graphs:
    signatures = meta_graph.signature_def
    signatures[keys.TEXT_SIGNATURE].CopyFrom(signatures[f'plain:{keys.SERVING_SIGNATURE}'])
    for name in [name for name in signatures if ':' in name]:
      del signatures[name]
  with tf.io.gfile.GFile(path, 'wb') as file:
    file.write(saved_model.SerializeToString(deterministic=True))
