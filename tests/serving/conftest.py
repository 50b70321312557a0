"""Pushed versions of the linear model, and servers of them."""

from concurrent import futures
import contextlib
import re
import subprocess

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from tests import forks
from tests.e2e import pipeline_runs
from tests.serving import linear_model


@pytest.fixture(scope='session')
def model_dir(tmp_path_factory):
  """Versions 9 and 10, of which 10 is the newer one, and the staging directory of another."""
  directory = tmp_path_factory.mktemp('serving')
  linear_model.save(directory, 9, factor=0.5)
  (directory / '.staging-11').mkdir()
  return linear_model.save(directory, 10)


@pytest.fixture(scope='session')
def rest_url(model_dir):
  """The URL of the project's own server."""
  command = [forks.interpreter().executable, '-m', 'serving.server', '--model-dir', model_dir, '--port', '0']
  with subprocess.Popen(command, cwd=pipeline_runs.PROJECT, stdout=subprocess.PIPE, text=True) as process:
    try:
      yield next(found[0] for line in process.stdout if (found := re.search(r'http://[\d.]+:\d+', line)))
    finally:
      process.terminate()


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
  """TensorFlow Serving's gRPC API for one model.

  Attributes:
    queries: (model's name, signature, version) of each request.
    refusals: number of requests that it will refuse because it is busy.
  """

  def __init__(self, path):
    self._model = tf.saved_model.load(path)
    self.queries, self.refusals = [], 0

  def Predict(self, request, context):
    self.queries.append((request.model_spec.name, request.model_spec.signature_name, request.model_spec.version.value))
    if self.refusals:
      self.refusals -= 1
      context.abort(grpc.StatusCode.UNAVAILABLE, 'The batch scheduling queue is full')
    if request.model_spec.version.value not in (0, 10):
      context.abort(grpc.StatusCode.NOT_FOUND, 'Servable not found for request')
    inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
    outputs = self._model.signatures[request.model_spec.signature_name](**inputs)
    return predict_pb2.PredictResponse(
        outputs={key: tf.make_tensor_proto(value.numpy()) for key, value in outputs.items()})


@pytest.fixture(scope='session')
def grpc_service(model_dir):
  """The service behind `grpc_target`."""
  return Service(f'{model_dir}/10')


@contextlib.contextmanager
def serve_grpc(service):
  """Yield host:port of a gRPC server."""
  server = grpc.server(futures.ThreadPoolExecutor(2))
  prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
  port = server.add_insecure_port('127.0.0.1:0')
  server.start()
  yield f'127.0.0.1:{port}'
  server.stop(0).wait()


@pytest.fixture(scope='session')
def grpc_target(grpc_service):
  """host:port of a gRPC server."""
  with serve_grpc(grpc_service) as target:
    yield target
