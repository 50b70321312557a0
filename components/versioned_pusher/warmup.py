"""Warm-up requests: servers replay them when they load a version, before the first user waits for it.

https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

import os
from typing import Sequence

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.common import examples
from components.versioned_pusher import push_and_rollback
from models import features

MAX_TEXTS = 32
_FILE = 'tf_serving_warmup_requests'
_BATCH_SIZES = (1, MAX_TEXTS)


def write_requests(saved_model: str, texts: Sequence[bytes], name: str) -> None:
  """Add warm-up requests for features.SCORING_SIGNATURES to a SavedModel.

  Args:
    saved_model: its directory.
    texts: the texts to send, UTF-8; at most MAX_TEXTS are used.
    name: the model's name on the server.

  Raises:
    OSError: the file cannot be written.
  """
  encoded = [examples.encode_example(text).SerializeToString() for text in texts]
  logs = []
  for key, signature in features.SCORING_SIGNATURES.items():
    inputs = texts if key == features.TEXT else encoded
    for size in _BATCH_SIZES:
      log = prediction_log_pb2.PredictionLog()
      request = log.predict_log.request
      request.model_spec.name, request.model_spec.signature_name = name, signature
      request.inputs[key].CopyFrom(tf.make_tensor_proto(inputs[:size], dtype=tf.string))
      logs.append(log.SerializeToString(deterministic=True))
  try:
    with tf.io.TFRecordWriter(os.path.join(saved_model, push_and_rollback.EXTRA, _FILE)) as writer:
      for log in logs:
        writer.write(log)
  except tf.errors.OpError as error:  # TensorFlow does not raise OSError for a full disk
    raise OSError(error.message) from error
