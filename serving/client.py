"""Scorers of texts: a pushed model in this process, or a server that speaks TensorFlow Serving's REST or gRPC API."""

import http.client
import json
from typing import Any, Callable, Mapping, Optional, Sequence
import urllib.error
import urllib.request

from components.common import decision
from components.common import errors
from components.common import length_batches
from components.common import proxies
from components.common import version_directories
from components.versioned_pusher import push_and_rollback
from models import features
from serving import patience

Scorer = Callable[[Sequence[str]], list[float]]  # texts -> their probabilities of the positive class, in their order
_TIMEOUT_S = 120  # for one answer
_PARALLEL_REQUESTS = 2
_BUSY = 429, 503  # HTTP statuses of a server that may answer later


class RefusedError(ValueError):
  """A server has answered a request with an error."""


def version_path(model_dir: str, version: Optional[int] = None) -> str:
  """Return the directory of a pushed version.

  Args:
    model_dir: path of the directory that holds a directory for each version.
    version: number of the version; None for the newest.

  Returns:
    Path of the version's SavedModel.

  Raises:
    ValueError: there is no such version; the message lists those that exist.
  """
  versions = version_directories.version_directories(model_dir)
  if not versions:
    raise ValueError(f'{model_dir}: {version_directories.describe_none(model_dir)}')
  if version is not None and version not in versions:
    raise ValueError(f'{model_dir}: no version {version}; there are: {", ".join(map(str, versions))}')
  return str(versions[max(versions) if version is None else version])


def local_scorer(model_dir: str, version: Optional[int] = None) -> Scorer:
  """Load a pushed version into this process.

  Args:
    model_dir: path of the directory that holds a directory for each version.
    version: number of the version; None for the newest.

  Returns:
    A scorer; it raises ValueError if the model fails.

  Raises:
    ValueError: there is no such version, or it cannot be loaded.
  """
  from components.common import scoring  # pylint: disable=import-outside-toplevel  # a REST client needs no TensorFlow
  return scoring.load_scorer(version_path(model_dir, version))


def local_scorers(model_dir: str, version: Optional[int] = None) -> tuple[Scorer, Optional[Scorer]]:
  """Return the scorer of `local_scorer` and one that counts the words that the model knows; None if it cannot."""
  from components.common import scoring  # pylint: disable=import-outside-toplevel  # a REST client needs no TensorFlow
  return scoring.load_scorers(version_path(model_dir, version))


def local_threshold(model_dir: str, version: Optional[int] = None) -> float:
  """Return the decision threshold of a pushed version; see `local_scorer`."""
  return decision.recorded_threshold(push_and_rollback.read_manifest(version_path(model_dir, version)))


def server_scorer(url: str, name: str, version: Optional[int] = None) -> Scorer:
  """Make a scorer of a server.

  Args:
    url: http://host:port, https://host:port or grpc://host:port.
    name: the model's name on the server.
    version: number of the version; None for the one that the server chooses.

  Returns:
    A scorer; it raises ValueError if the server does not answer, or refuses a request.

  Raises:
    ValueError: the URL is none of these.
  """
  scheme, _, target = url.partition('://')
  if scheme == 'grpc' and target:
    return grpc_scorer(target, name, version)
  if scheme in ('http', 'https') and target:
    return rest_scorer(url, name, version)
  raise ValueError(f'--server {url}: write http://host:port or grpc://host:port')


def open_server(url: str, name: str, version: Optional[int] = None) -> tuple[Scorer, Optional[Scorer], float]:
  """Ask a server once what it says of its model.

  Args:
    url: see `server_scorer`.
    name: the model's name on the server.
    version: number of the version; None for the one that the server chooses.

  Returns:
    The scorer of `server_scorer`; one that counts the words that the model knows, None if it cannot; and the model's
    decision threshold, the default if the server does not tell, as TensorFlow Serving and gRPC do not.

  Raises:
    ValueError: the server does not answer.
  """
  score = server_scorer(url, name, version)
  if not url.startswith(('http://', 'https://')):
    count = grpc_scorer(url.partition('://')[2], name, version, features.COVERAGE_SIGNATURE)
    try:
      count([''])
    except ValueError:  # an older model, or a server that does not answer, as the scorer will say
      return score, None, decision.THRESHOLD
    return score, count, decision.THRESHOLD
  try:
    signatures, threshold = _ask(url, f'{_model_path(name, version)}/metadata', _read_metadata)
  except RefusedError:  # a server that only scores; what is wrong with the request, the first scores will tell
    return score, None, decision.THRESHOLD
  count = rest_scorer(url, name, version, features.COVERAGE_SIGNATURE)
  return score, count if features.COVERAGE_SIGNATURE in signatures else None, threshold


def _read_metadata(answer):
  """Return the signatures and the decision threshold of a server's model."""
  metadata = answer['metadata']
  signatures = (metadata.get('signature_def') or {}).get('signature_def') or {}
  return signatures, float(decision.recorded_threshold(metadata))


def rest_scorer(url: str, name: str, version: Optional[int] = None, signature: str = features.TEXT_SIGNATURE) -> Scorer:
  """Make a scorer of a server's REST API; see server_scorer. Needs the standard library only."""
  path = f'{_model_path(name, version)}:predict'

  def score_batch(texts):
    def read_scores(answer):
      rows = answer['predictions']
      scores = [float(row[0]) for row in rows] if signature == features.TEXT_SIGNATURE else list(map(float, rows))
      if len(scores) != len(texts):
        raise ValueError(f'{len(scores)} scores for {len(texts)} texts')
      return scores

    return _ask(url, path, read_scores, {'signature_name': signature, 'instances': texts})
  return length_batches.score_in_batches(score_batch, _PARALLEL_REQUESTS)


def _model_path(name: str, version: Optional[int]) -> str:
  return f'/v1/models/{name}' + ('' if version is None else f'/versions/{version}')


def _ask(url: str, path: str, read_answer: Callable[[Any], Any], content: Optional[Mapping[str, Any]] = None) -> Any:
  """Return what a function reads from the JSON that a server answers; `content` is posted to it as JSON."""
  address, body = url.rstrip('/') + path, None if content is None else json.dumps(content).encode()
  request = urllib.request.Request(address, body, {'Content-Type': 'application/json'})
  opener = proxies.http_opener(url)

  def read_json():
    with opener.open(request, timeout=_TIMEOUT_S) as response:
      return json.load(response)

  try:
    return read_answer(patience.ask_until_free(read_json, _http_pause))
  except urllib.error.HTTPError as error:
    reason = error.read(300).decode(errors='replace')
    raise RefusedError(f'{address}: refused ({error.code}): {reason}{proxies.describe(url)}') from error
  except (OSError, http.client.HTTPException) as error:
    raise ValueError(f'{address}: no answer ({errors.summarize(error)})'
                     f'{proxies.describe(url) or "; is the server running?"}') from error
  except (ValueError, LookupError, TypeError, AttributeError) as error:
    raise ValueError(f'{address}: not an answer of a prediction server ({errors.summarize(error)})'
                     f'{proxies.describe(url)}') from error


def _http_pause(error: Exception) -> Optional[float]:
  """Return what `patience` is to know of an error."""
  is_busy = isinstance(error, urllib.error.HTTPError) and error.code in _BUSY
  return patience.retry_after(error.headers) if is_busy else None  # type: ignore[attr-defined]


def grpc_scorer(target: str, name: str, version: Optional[int] = None,
                signature: str = features.TEXT_SIGNATURE) -> Scorer:
  """Make a scorer of a server's gRPC API at host:port; see server_scorer. Needs TensorFlow and its serving API."""
  # pylint: disable=import-outside-toplevel  # the other scorers need neither of these
  import grpc
  import tensorflow as tf
  from tensorflow_serving.apis import predict_pb2
  from tensorflow_serving.apis import prediction_service_pb2_grpc
  # pylint: enable=import-outside-toplevel
  url = f'grpc://{target}'
  options = [('grpc.enable_http_proxy', int(proxies.find_proxy(url) is not None))]
  stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(target, options))

  def requested_pause(error):
    # TensorFlow Serving is UNAVAILABLE while its queue is full, but so is a server that cannot be reached.
    code = error.code() if isinstance(error, grpc.RpcError) else None
    is_busy = code == grpc.StatusCode.RESOURCE_EXHAUSTED or (
        code == grpc.StatusCode.UNAVAILABLE and 'queue' in error.details())
    return 0.0 if is_busy else None

  def score_batch(texts):
    request = predict_pb2.PredictRequest(inputs={features.TEXT: tf.make_tensor_proto(texts, dtype=tf.string)})
    request.model_spec.name, request.model_spec.signature_name = name, signature
    if version is not None:
      request.model_spec.version.value = version
    try:
      response = patience.ask_until_free(lambda: stub.Predict(request, timeout=_TIMEOUT_S), requested_pause)
      if signature != features.TEXT_SIGNATURE:
        return tf.make_ndarray(response.outputs[features.KNOWN_WORDS])
      return tf.make_ndarray(response.outputs[features.SCORES])[:, 0]
    except grpc.RpcError as error:
      raise ValueError(f'{url}: {error.code().name}: {error.details()}{proxies.describe(url)}') from error
  return length_batches.score_in_batches(score_batch, _PARALLEL_REQUESTS)
