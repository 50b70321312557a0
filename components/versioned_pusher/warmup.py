"""Warm-up requests: TensorFlow Serving replays them when it loads a version, before the first user waits for it.

https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

import os
from typing import Mapping, Sequence

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.versioned_pusher import versions

REVIEWS = 32
_FILE = 'tf_serving_warmup_requests'
_BATCHES = (1, REVIEWS)


def write(saved_model: str, texts: Sequence[bytes], signatures: Mapping[str, str], text_key: str, name: str) -> None:
  """Adds the requests to a SavedModel.

  Args:
    saved_model: its directory.
    texts: reviews, at most REVIEWS are used.
    signatures: of the model, by their input: `text_key` takes plain strings, any other serialized tf.Examples.
    text_key: the feature with the text.
    name: the model's name on the server.

  Raises:
    OSError: the file cannot be written.
  """
  logs = []
  for key, signature in signatures.items():
    inputs = list(texts) if key == text_key else [_example(text, text_key) for text in texts]
    for size in _BATCHES:
      log = prediction_log_pb2.PredictionLog()
      request = log.predict_log.request
      request.model_spec.name, request.model_spec.signature_name = name, signature
      request.inputs[key].CopyFrom(tf.make_tensor_proto(inputs[:size], dtype=tf.string))
      logs.append(log.SerializeToString(deterministic=True))
  try:
    with tf.io.TFRecordWriter(os.path.join(saved_model, versions.EXTRA, _FILE)) as writer:
      for log in logs:
        writer.write(log)
  except tf.errors.OpError as error:  # TensorFlow's own words for a full disk
    raise OSError(error.message) from error


def _example(text: bytes, text_key: str) -> bytes:
  feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
  return tf.train.Example(features=tf.train.Features(feature={text_key: feature})).SerializeToString()
