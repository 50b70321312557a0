"""A small SavedModel with the signatures of a real one, and some that it lacks; and what serves it."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

from starlette import testclient
import tensorflow as tf

from serving.server import app
from serving.server import batching
from serving.server import versions as versions_lib
from tests import forks

_PROJECT = pathlib.Path(__file__).resolve().parents[3]
_BUCKETS = 1 << 20
NAME = 'sentiment'
PREDICT = f'/v1/models/{NAME}:predict'


def expected(text, offset=0):
  """The score that the model gives a text."""
  return tf.strings.to_hash_bucket_fast(text, _BUCKETS).numpy() / _BUCKETS + offset


def save(path, offset=0):
  """Write a SavedModel whose scores are `expected`."""
  strings = tf.TensorSpec([None], tf.string, 'text')
  module = tf.Module()
  module.offset = tf.Variable(float(offset))

  def score(text):
    bucket = tf.strings.to_hash_bucket_fast(tf.strings.unicode_transcode(text, 'UTF-8', 'UTF-8'), _BUCKETS)
    return {'scores': tf.cast(bucket, tf.float32)[:, tf.newaxis] / _BUCKETS + module.offset}

  def parse(examples):
    return tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})['text']

  def busy(text):
    """Turn round as many times as the texts say: 1,000 take about a second."""
    times = tf.cast(tf.reduce_max(tf.strings.to_number(text)), tf.int32)
    numbers = tf.random.stateless_uniform([256, 256], [1, 2])
    turned = tf.while_loop(lambda i, _: i < times, lambda i, x: (i + 1, tf.tanh(x @ x)), [0, numbers])[1]
    return {'scores': tf.zeros_like(text, tf.float32)[:, tf.newaxis] + 0 * turned[0, 0]}

  def features(text):
    words = tf.strings.split(text).to_tensor('')
    return {'length': tf.strings.length(text), 'words': words, 'first_bytes': tf.strings.substr(text, 0, 2)}

  module.predict = tf.function(score, [strings])
  module.serve = tf.function(
      lambda examples: score(parse(examples)), [tf.TensorSpec([None], tf.string, 'examples')])
  module.features = tf.function(features, [strings])
  module.busy = tf.function(busy, [strings])
  module.pair = tf.function(lambda a, b: {'both': a + b}, [tf.TensorSpec([None], tf.string, name) for name in 'ab'])
  module.ratio = tf.function(lambda text: {'ratio': 1 / tf.strings.to_number(text)}, [strings])
  tf.saved_model.save(module, str(path), {
      'serving_default': module.serve, 'predict_text': module.predict, 'features': module.features,
      'busy': module.busy, 'pair': module.pair, 'ratio': module.ratio})


def push(model, directory, version):
  """Make a SavedModel appear as a version, at once."""
  staged = pathlib.Path(directory) / f'.staging-{version}'
  shutil.copytree(model, staged)
  os.rename(staged, pathlib.Path(directory) / str(version))


def example(text):
  """A serialized tf.Example with a text."""
  feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
  return tf.train.Example(features=tf.train.Features(feature={'text': feature})).SerializeToString()


class _Client:
  """Asks for scores by its method `ask`."""

  def predict(self, content, path=PREDICT):
    """Posts content as JSON; returns the status and the answer."""
    return self.ask('POST', path, json.dumps(content))[:2]

  def score(self, *texts):
    """The scores of texts, by predict_text."""
    status, answer = self.predict({'signature_name': 'predict_text', 'instances': texts})
    assert status == 200, answer
    return [score for score, in answer['predictions']]


class Application(_Client):
  """The server's application in this process, without the HTTP server around it."""

  def __init__(self, model_dir, max_queue=120, max_instances=100, max_body_mb=1):
    self._versions = versions_lib.Versions(str(model_dir))
    self._batcher = batching.Batcher(1, 32, max_queue)
    self._versions.start()
    self._client = testclient.TestClient(
        app.create(app.Api(self._versions, self._batcher, NAME, max_instances, max_body_mb)))

  def ask(self, method, path, body=None, headers=None):
    """Return the status, the answer read from JSON, and the headers."""
    answer = self._client.request(method, path, content=body, headers=headers)
    return answer.status_code, json.loads(answer.content or b'null'), answer.headers

  def page(self):
    """The page to try the model."""
    return self._client.get('/').text

  def close(self):
    """End its threads."""
    self._versions.stop()
    self._batcher.close()


class Server(_Client):
  """`python -m serving.server`, in a process of its own on any free port.

  Attributes:
    process: subprocess.Popen.
    port: int.
  """

  def __init__(self, model_dir, log, *flags):
    self._log = log
    python = forks.interpreter().executable
    command = [python, '-m', 'serving.server', '--model-dir', str(model_dir), '--port', '0', *flags]
    with open(log, 'wb') as output:
      self.process = subprocess.Popen(command, cwd=_PROJECT, stdout=output, stderr=subprocess.STDOUT)
    # Its second line is complete.
    while not (found := re.search(r'http://127\.0\.0\.1:(\d+) .*\n.*\n', self.output())):
      with contextlib.suppress(subprocess.TimeoutExpired):
        self.process.wait(0.05)
        raise RuntimeError(f'the server ended: {self.output()}')
    self.port = int(found[1])

  def output(self):
    """All that it has said."""
    return pathlib.Path(self._log).read_text()

  def ask(self, method, path, body=None, headers=None):
    """Return the status, the answer read from JSON, and the headers."""
    with contextlib.closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)) as connection:
      connection.request(method, path, body, headers or {})
      answer = connection.getresponse()
      return answer.status, json.loads(answer.read() or b'null'), answer.headers

  def connect(self):
    """A raw connection."""
    return socket.create_connection(('127.0.0.1', self.port), timeout=60)

  def stop(self, number=signal.SIGTERM):
    """Send a signal, and return the exit code."""
    self.process.send_signal(number)
    return self.process.wait(60)


def read_answer(connection):
  """Read one answer from a raw connection, to its end; returns its status and body, or None where there is none."""
  answer = http.client.HTTPResponse(connection)
  try:
    answer.begin()
    return answer.status, answer.read()
  except (http.client.BadStatusLine, ConnectionError):
    return None
  finally:
    answer.close()
