"""One version of a model, loaded: its signatures score strings in batches."""

import contextlib
import os
import re

from google.protobuf import json_format
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import prediction_log_pb2

DEFAULT_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
_WARM_UP_FILE = os.path.join('assets.extra', 'tf_serving_warmup_requests')
_MAX_WARM_UP = 1000  # recorded requests, TensorFlow Serving's own limit
_OWN_BATCHES = 1, 8, 32
_OWN_TEXT = 'One of the few films that I would gladly see again. '
# A call runs on the thread that makes it: of one review it takes two thirds of the time that it takes in a pool, and
# calls on several threads do not wait for one another.
_CONFIG = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=-1)

_AROUND = re.compile(r'Graph execution error|Detected at|Node: |\s')  # what TensorFlow puts around its message


class BadInput(ValueError):
  """The model does not take what a client sent."""


class Signature:
  """A function of the model that takes strings.

  Attributes:
    input: the name of its only input, string [batch].
    joinable: rows of several calls may be put together: past the batch, every output's shape is fixed.
  """

  def __init__(self, session, definition):
    """Prepares the calls of a SignatureDef; raises ValueError for one with other inputs, or outputs without a batch."""
    inputs, outputs = dict(definition.inputs), dict(definition.outputs)
    shapes = {name: _dims(info) for name, info in (inputs | outputs).items()}
    if len(inputs) != 1 or any(_dims(info) != [-1] or info.dtype != tf.string.as_datatype_enum
                               for info in inputs.values()):
      raise ValueError('takes something else than one batch of strings')
    if not outputs or any(shapes[name][:1] != [-1] for name in outputs):
      raise ValueError('has an output without a row for each input')
    self.input, = inputs
    self.joinable = all(-1 not in shapes[name][1:] for name in outputs)
    self._names = sorted(outputs)
    tensor = session.graph.get_tensor_by_name
    self._feed, self._fetches = tensor(inputs[self.input].name), [tensor(outputs[name].name) for name in self._names]
    self._session = session

  def run(self, values):
    """Scores one batch, on the thread that calls.

    Args:
      values: list of str or bytes.

    Returns:
      {output name: array [values, ...]}.

    Raises:
      BadInput: the model refuses a value.
      RuntimeError: the model gives another number of rows than it got.
    """
    try:
      outputs = self._session.run(self._fetches, {self._feed: np.array(values, object)})
    except tf.errors.InvalidArgumentError as error:
      raise BadInput(brief(error)) from error
    if any(len(output) != len(values) for output in outputs):
      raise RuntimeError(f'the model gave {[len(output) for output in outputs]} rows for {len(values)} inputs')
    return dict(zip(self._names, outputs))


class Model:
  """A loaded version; its memory is given back when nothing refers to it or its signatures any more.

  It is loaded into a session: a call of it takes half the time of one of tf.saved_model.load's functions.

  Attributes:
    version: int.
    path: its directory.
    signatures: {name: Signature}, those that can be called.
    metadata: its SignatureDefs, as TensorFlow Serving's REST API shows them.
    session: lives as long as anything uses the model, and its memory with it.
  """

  def __init__(self, version, path):
    """Loads the SavedModel in `path`; raises what TensorFlow raises, or ValueError where nothing can be served."""
    self.version, self.path = version, path
    graph = tf.Graph()
    self.session = tf.compat.v1.Session(graph=graph, config=_CONFIG)
    with graph.as_default():
      loaded = tf.compat.v1.saved_model.load(self.session, [tf.saved_model.SERVING], path)
    self.signatures, problems = {}, []
    for name, definition in sorted(loaded.signature_def.items()):
      try:
        self.signatures[name] = Signature(self.session, definition)
      except ValueError as error:
        problems.append(f'{name} {error}')
    if not self.signatures:
      raise ValueError(f'no signature that can be served: {"; ".join(problems) or "it has none"}')
    self.metadata = json_format.MessageToDict(
        get_model_metadata_pb2.SignatureDefMap(signature_def=loaded.signature_def),
        including_default_value_fields=True, preserving_proto_field_name=True)

  def warm_up(self):
    """Runs the version's recorded requests and some of our own: a signature's first call takes 50 times as long.

    Raises:
      ValueError: a recorded request does not fit the model.
      Exception: as the model raises it.
    """
    for name, values in _recorded(os.path.join(self.path, _WARM_UP_FILE)):
      if name not in self.signatures:
        raise ValueError(f'{_WARM_UP_FILE}: a request for the unknown signature {name!r}')
      self.signatures[name].run(values)
    for name, values in _own(self.signatures):
      with contextlib.suppress(BadInput):  # a signature may be for other strings than reviews
        self.signatures[name].run(values)


def brief(error):
  """The line of an error that tells a user what is wrong."""
  lines = [line for line in str(error).splitlines() if line.strip() and not _AROUND.match(line)]
  line = lines[0] if lines else type(error).__name__
  return line if len(line) <= 300 else line[:300] + '...'


def _dims(info):
  """The shape of a TensorInfo with -1 where it is open; empty where that is not known, or the tensor not dense."""
  if info.WhichOneof('encoding') != 'name' or info.tensor_shape.unknown_rank:
    return []
  return [dim.size for dim in info.tensor_shape.dim]


def _recorded(path):
  """Yields (signature name, values) for each recorded Predict request; of other kinds of requests we serve none."""
  if not tf.io.gfile.exists(path):
    return
  for record in tf.data.TFRecordDataset(path).take(_MAX_WARM_UP).as_numpy_iterator():
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    for tensor in request.inputs.values():
      yield request.model_spec.signature_name or DEFAULT_SIGNATURE, tf.make_ndarray(tensor).reshape([-1]).tolist()


def _own(signatures):
  """Yields (signature name, values): batches of short to long texts, for the inputs that our models have."""
  example = lambda text: tf.train.Example(features=tf.train.Features(feature={
      'text': tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))})).SerializeToString()
  makers = {'text': str, 'examples': example}
  for name, signature in signatures.items():
    if signature.input in makers:
      for size in _OWN_BATCHES:
        yield name, [makers[signature.input](_OWN_TEXT * (1 + 80 * i // size)) for i in range(size)]
