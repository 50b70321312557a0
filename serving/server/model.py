"""One loaded version of a model: its signatures score strings in batches."""

import contextlib
import os
import re
from typing import Any, Callable, Iterator

from google.protobuf import json_format
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import prediction_log_pb2

from components.common import examples
from components.common import wildcards
from components.versioned_pusher import push_and_rollback
from models import features

DEFAULT_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
_WARM_UP_FILE = os.path.join('assets.extra', 'tf_serving_warmup_requests')
_MAX_WARM_UP = 1000  # recorded requests: TensorFlow Serving's own limit
_WARM_UP_BATCHES = 1, 8, 32
_WARM_UP_TEXT = 'One of the few films that I would gladly see again. '
# A call runs on the thread that makes it: with one text it takes two thirds of the time that it takes in a pool, and
# calls on several threads do not wait for one another.
_CONFIG = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=-1)
_WRAPPING = re.compile(r'Graph execution error|Detected at|Node: |\s')  # lines that TensorFlow adds around its message


class BadInputError(ValueError):
  """The model refuses a value of a client."""


class Signature:
  """A function of the model that takes strings.

  Attributes:
    input: name of its only input, string [batch].
    is_batchable: whether values of several requests can share a call: all outputs have a fixed shape but for the batch.
  """

  def __init__(self, session: tf.compat.v1.Session, definition: Any):
    """Prepare the calls of a signature.

    Args:
      session: the session with the loaded model.
      definition: SignatureDef.

    Raises:
      ValueError: the signature has other inputs, or an output without a row for each value.
    """
    inputs, outputs = dict(definition.inputs), dict(definition.outputs)
    shapes = {name: _shape(info) for name, info in (inputs | outputs).items()}
    if len(inputs) != 1 or any(_shape(info) != [-1] or info.dtype != tf.string.as_datatype_enum
                               for info in inputs.values()):
      raise ValueError('takes something else than one batch of strings')
    if not outputs or any(shapes[name][:1] != [-1] for name in outputs):
      raise ValueError('has an output without a row for each input')
    self.input, = inputs
    self.is_batchable = all(-1 not in shapes[name][1:] for name in outputs)
    self._names = sorted(outputs)
    tensor = session.graph.get_tensor_by_name
    self._feed, self._fetches = tensor(inputs[self.input].name), [tensor(outputs[name].name) for name in self._names]
    self._session = session

  def run(self, values: list[str | bytes]) -> dict[str, np.ndarray]:
    """Score one batch, on the calling thread.

    Args:
      values: the batch.

    Returns:
      {output name: array [values, ...]}.

    Raises:
      BadInputError: the model refuses a value.
      RuntimeError: the model returns another number of rows.
    """
    try:
      outputs = self._session.run(self._fetches, {self._feed: np.array(values, object)})
    except tf.errors.InvalidArgumentError as error:
      raise BadInputError(summarize(error)) from error
    if any(len(output) != len(values) for output in outputs):
      raise RuntimeError(f'the model returned {[len(output) for output in outputs]} rows for {len(values)} inputs')
    return dict(zip(self._names, outputs))


class Model:
  """A loaded version; its memory is freed when nothing refers to it or its signatures any more.

  It is loaded into a session, whose calls take half the time of a function of tf.saved_model.load.

  Attributes:
    version: number of the version.
    path: path of its directory.
    manifest: what its push recorded; empty if it was not pushed.
    signatures: {name: Signature} of the signatures that can be called.
    metadata: its SignatureDefs, as TensorFlow Serving's REST API returns them.
    session: lives as long as anything uses the model, and holds its memory.
  """

  def __init__(self, version: int, path: str):
    """Load a SavedModel.

    Args:
      version: number of the version.
      path: path of its directory.

    Raises:
      ValueError: none of its signatures can be served.
      Exception: TensorFlow cannot load it.
    """
    self.version, self.path, self.manifest = version, path, push_and_rollback.read_manifest(path)
    graph = tf.Graph()
    self.session = tf.compat.v1.Session(graph=graph, config=_CONFIG)
    with graph.as_default(), wildcards.plain_path(path) as plain:
      loaded = tf.compat.v1.saved_model.load(self.session, [tf.saved_model.SERVING], plain)
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

  def warm_up(self) -> None:
    """Run the version's recorded requests and some more: the first call of a signature takes 50 times as long.

    Raises:
      ValueError: a recorded request does not fit the model.
      Exception: the model fails.
    """
    for name, values in _recorded_requests(os.path.join(self.path, _WARM_UP_FILE)):
      if name not in self.signatures:
        raise ValueError(f'{_WARM_UP_FILE}: a request for the unknown signature {name!r}')
      self.signatures[name].run(values)
    for name, values in _generated_requests(self.signatures):
      with contextlib.suppress(BadInputError):  # a signature may take other strings
        self.signatures[name].run(values)


def find_bad_examples(signature: Signature, values: list[str | bytes]) -> list[int]:
  """Return the indices of the values that are not raw examples with a text; none if the signature takes texts.

  Args:
    signature: the signature that has refused the values.
    values: the batch.
  """
  places = []
  for place, value in enumerate(values if signature.input == features.EXAMPLES else ()):
    try:
      examples.decode_example(value.encode() if isinstance(value, str) else value)
    except ValueError:
      places.append(place)
  return places


def summarize(error: Exception) -> str:
  """Return the line of an error that says what is wrong.

  Args:
    error: any exception, such as one of TensorFlow, whose messages have many lines.

  Returns:
    One line of at most 303 characters.
  """
  lines = [line for line in str(error).splitlines() if line.strip() and not _WRAPPING.match(line)]
  line = lines[0] if lines else type(error).__name__
  return line if len(line) <= 300 else line[:300] + '...'


def _shape(info):
  """Return the shape of a TensorInfo with -1 for open dimensions; [] if it is unknown or the tensor is not dense."""
  if info.WhichOneof('encoding') != 'name' or info.tensor_shape.unknown_rank:
    return []
  return [dim.size for dim in info.tensor_shape.dim]


def _recorded_requests(path: str) -> Iterator[tuple[str, list]]:
  """Yield (signature name, values) for each recorded Predict request; other kinds are not served here."""
  if not tf.io.gfile.exists(path):
    return
  for record in tf.data.TFRecordDataset(path).take(_MAX_WARM_UP).as_numpy_iterator():
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    for tensor in request.inputs.values():
      yield request.model_spec.signature_name or DEFAULT_SIGNATURE, tf.make_ndarray(tensor).reshape([-1]).tolist()


def _generated_requests(signatures: dict[str, Signature]) -> Iterator[tuple[str, list]]:
  """Yield (signature name, values): batches of short to long texts, for the inputs that the project's models have."""
  encoders: dict[str, Callable[[str], str | bytes]] = {
      features.TEXT: str,
      features.EXAMPLES: lambda text: examples.encode_example(text.encode()).SerializeToString(),
  }
  for name, signature in signatures.items():
    if signature.input in encoders:
      for size in _WARM_UP_BATCHES:
        yield name, [encoders[signature.input](_WARM_UP_TEXT * (1 + 80 * i // size)) for i in range(size)]
