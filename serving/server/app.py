"""The server's paths, and how each is answered."""

import gzip
import io
import zlib

import orjson
from starlette import convertors
from starlette import routing
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from components.common import decision
from models import features
from serving.server import batching
from serving.server import errors
from serving.server import model as model_lib
from serving.server import pages
from serving.server import rest
from serving.server import versions as versions_lib

_MEGABYTE = 1 << 20


class _VersionConvertor(convertors.Convertor):
  """A version in a path: digits only, so that `N:predict` is not a version, and few enough for an int64."""

  regex = '[0-9]{1,19}'

  def convert(self, value: str) -> int:
    """Return the number."""
    return int(value)

  def to_string(self, value: int) -> str:
    """Return the digits."""
    return str(value)


class Api:
  """TensorFlow Serving's REST API for one model.

  Each method but `routes` answers a path; all raise HTTPException for errors of the client.
  """

  def __init__(self, versions: versions_lib.Versions, batcher: batching.Batcher, name: str, max_instances: int,
               max_body_mb: int):
    """Make the API of a model.

    Args:
      versions: the model's versions.
      batcher: runs the model.
      name: the model's name in the paths.
      max_instances: number of texts of one request at most.
      max_body_mb: megabytes of the body of one request at most.
    """
    self._versions, self._batcher, self._name = versions, batcher, name
    self._max_instances, self._max_body = max_instances, max_body_mb * _MEGABYTE

  def routes(self) -> list[routing.Route]:
    """Return all paths, the most frequent ones first."""
    convertors.register_url_convertor('version', _VersionConvertor())
    routes = []
    for path in f'/v1/models/{self._name}', f'/v1/models/{self._name}/versions/{{version:version}}':
      routes += [
          routing.Route(f'{path}:predict', self.predict, methods=['POST']),
          routing.Route(f'{path}:label', self.label, methods=['POST']),
          routing.Route(path, self.status),
          routing.Route(f'{path}/metadata', self.metadata),
      ]
    return [*routes, routing.Route('/healthz', self.health), *pages.routes(self._versions, self._name)]

  async def predict(self, request: Request) -> Response:
    """POST: score `instances` or `inputs`."""
    query, (outputs,) = await self._run(request, self._find_model(request))
    return _respond(rest.render(outputs, query.by_row))

  async def label(self, request: Request) -> Response:
    """POST: predict a label for each text: positive, negative or unknown, with the probability; an API of our own."""
    model = self._find_model(request)
    coverage = [features.COVERAGE_SIGNATURE] if features.COVERAGE_SIGNATURE in model.signatures else []
    _, outputs = await self._run(request, model, [features.TEXT_SIGNATURE, *coverage])
    threshold = decision.recorded_threshold(model.manifest)
    scores = outputs[0][features.SCORES][:, 0].tolist()
    counts = outputs[1][features.KNOWN_WORDS].tolist() if len(outputs) > 1 else [None] * len(scores)
    return _respond(orjson.dumps({'predictions': [
        {'prediction': decision.name_prediction(score, count, threshold), 'probability': score, 'known_words': count}
        for score, count in zip(scores, counts)]}))

  async def _run(self, request, model, names=()):
    """Return the query in a request, and the outputs of the named signatures or, without names, of its own."""
    body = await self._read_body(request)
    try:
      query = rest.parse(body)
      name, *others = names or [query.signature or model_lib.DEFAULT_SIGNATURE]
      if name not in model.signatures:
        raise rest.BadRequestError(f'no signature {name!r}; there are: {", ".join(model.signatures)}')
      values = rest.values(query, model.signatures[name].input)
      if len(values) > self._max_instances:
        raise HTTPException(413, f'{len(values)} texts in one request: send at most {self._max_instances}')
      return query, [await self._batcher.run(model.signatures[each], values) for each in (name, *others)]
    except rest.BadRequestError as error:
      raise HTTPException(400, str(error)) from error
    except model_lib.BadInputError as error:
      available = ', '.join(other for other in model.signatures if other != name)
      places = model_lib.find_bad_examples(model.signatures[name], values)
      reason = rest.name_places(query, places, 'not a serialized tf.Example with a text') if places else error
      raise HTTPException(400, f'signature {name}: {reason}; there are also: {available}') from error
    except batching.QueueFullError as error:
      raise HTTPException(503, 'request queue full: try again later', {'Retry-After': '1'}) from error

  async def status(self, request: Request) -> Response:
    """GET: which versions are loaded, being loaded, or refused."""
    states = self._versions.status()
    if 'version' in request.path_params:
      states = [state for state in states if int(state['version']) == request.path_params['version']]
      if not states:
        self._find_model(request)
    return _respond(orjson.dumps({'model_version_status': states}))

  async def metadata(self, request: Request) -> Response:
    """GET: the signatures, and the decision threshold if one was chosen for the model."""
    model = self._find_model(request)
    spec = {'name': self._name, 'signature_name': '', 'version': str(model.version)}
    content = {'signature_def': model.metadata}
    if record := model.manifest.get(decision.RECORD):  # which TensorFlow Serving lacks
      content[decision.RECORD] = {key: record[key] for key in ('threshold', 'target')}
    return _respond(orjson.dumps({'model_spec': spec, 'metadata': content}))

  async def health(self, unused_request: Request) -> Response:
    """GET: that the server is alive, and its version of the model."""
    return _respond(orjson.dumps({'status': 'ok', 'version': str(self._versions.current.version)}))

  def _find_model(self, request):
    """Return the loaded model of the path's version or, without one, the current model."""
    model = self._versions.current
    version = request.path_params.get('version', model.version)
    if version != model.version:
      raise HTTPException(404, f'version {version} of {self._name} is not loaded; version {model.version} is')
    return model

  async def _read_body(self, request):
    encoding = request.headers.get('content-encoding', 'identity').strip().lower()
    if encoding not in ('identity', 'gzip'):
      raise HTTPException(415, f'content encoding {encoding!r} is not supported: send plain JSON, or gzip it')
    body, announced = bytearray(), int(request.headers.get('content-length', 0))
    if announced <= self._max_body:
      async for chunk in request.stream():
        body += chunk
        if len(body) > self._max_body:
          break
    if encoding == 'gzip' and max(announced, len(body)) <= self._max_body:
      body = _decompress(body, self._max_body + 1)
    if max(announced, len(body)) > self._max_body:
      raise HTTPException(413, f'the body is larger than {self._max_body // _MEGABYTE} MB: send fewer texts at once')
    return bytes(body)


def _decompress(body, max_bytes):
  """Return the first bytes of a gzipped body: a small body may hold more than fits into memory."""
  try:
    with gzip.open(io.BytesIO(body)) as file:
      return file.read(max_bytes)
  except (OSError, EOFError, zlib.error) as error:
    raise HTTPException(400, f'the body is not gzipped, as its content encoding says ({error})') from error


def create(api: Api) -> Starlette:
  """Create the ASGI application: every answer but the pages is JSON.

  Args:
    api: the API of a model.

  Returns:
    The application.
  """
  return Starlette(routes=api.routes(), exception_handlers=errors.HANDLERS)


def _respond(body: bytes) -> Response:
  return Response(body, media_type='application/json')
