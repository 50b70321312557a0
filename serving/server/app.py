"""The server's paths, and how each is answered."""

import orjson
from starlette import convertors
from starlette import routing
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from serving.server import batching
from serving.server import model as model_lib
from serving.server import pages
from serving.server import rest

_MEGABYTE = 1 << 20


class _Number(convertors.Convertor):
  """A version in a path: digits that fit into int64, so that `N:predict` is no version."""

  regex = '[0-9]{1,18}'
  convert = staticmethod(int)
  to_string = staticmethod(str)


class Api:
  """TensorFlow Serving's REST API for one model.

  Each method but `routes` answers a path; all raise HTTPException for what is the client's fault.
  """

  def __init__(self, versions, batcher, name, max_instances, max_body_mb):
    """Takes a versions.Versions, a batching.Batcher, the model's name, and the limits of one request."""
    self._versions, self._batcher, self._name = versions, batcher, name
    self._max_instances, self._max_body = max_instances, max_body_mb * _MEGABYTE

  def routes(self):
    """All paths, those that are asked most first."""
    convertors.register_url_convertor('number', _Number())
    routes = []
    for path in f'/v1/models/{self._name}', f'/v1/models/{self._name}/versions/{{version:number}}':
      routes += [
          routing.Route(f'{path}:predict', self.predict, methods=['POST']),
          routing.Route(path, self.status),
          routing.Route(f'{path}/metadata', self.metadata),
      ]
    return [*routes, routing.Route('/healthz', self.health), *pages.routes(self._versions, self._name)]

  async def predict(self, request):
    """POST: scores `instances` or `inputs`."""
    model = self._model(request)
    body = await self._body(request)
    try:
      query = rest.parse(body)
      name = query.signature or model_lib.DEFAULT_SIGNATURE
      if name not in model.signatures:
        raise rest.BadRequest(f'no signature {name!r}; there are: {", ".join(model.signatures)}')
      values = rest.values(query, model.signatures[name].input)
      if len(values) > self._max_instances:
        raise HTTPException(413, f'{len(values)} reviews in one request: send at most {self._max_instances}')
      outputs = await self._batcher.run(model.signatures[name], values)
    except rest.BadRequest as error:
      raise HTTPException(400, str(error)) from error
    except model_lib.BadInput as error:
      others = ', '.join(other for other in model.signatures if other != name)
      raise HTTPException(400, f'signature {name}: {error}; there are also: {others}') from error
    except batching.Overloaded as error:
      raise HTTPException(503, 'too many reviews wait already: try again', {'Retry-After': '1'}) from error
    return _json(rest.render(outputs, query.by_row))

  async def status(self, request):
    """GET: which versions are loaded, being loaded, or refused."""
    states = self._versions.status()
    if 'version' in request.path_params:
      states = [state for state in states if int(state['version']) == request.path_params['version']]
      if not states:
        self._model(request)
    return _json(orjson.dumps({'model_version_status': states}))

  async def metadata(self, request):
    """GET: the signatures."""
    model = self._model(request)
    spec = {'name': self._name, 'signature_name': '', 'version': str(model.version)}
    return _json(orjson.dumps({'model_spec': spec, 'metadata': {'signature_def': model.metadata}}))

  async def health(self, unused_request):
    """GET: that the server lives and has a model."""
    return _json(orjson.dumps({'status': 'ok', 'version': str(self._versions.current.version)}))

  def _model(self, request):
    """The loaded Model of the path's version, or the newest."""
    model = self._versions.current
    version = request.path_params.get('version', model.version)
    if version != model.version:
      raise HTTPException(404, f'version {version} of {self._name} is not loaded; version {model.version} is')
    return model

  async def _body(self, request):
    """Reads the body, up to the limit."""
    if request.headers.get('content-encoding', 'identity') != 'identity':
      raise HTTPException(415, 'compressed bodies are not taken: send plain JSON')
    body, announced = bytearray(), int(request.headers.get('content-length', 0))
    if announced <= self._max_body:
      async for chunk in request.stream():
        body += chunk
        if len(body) > self._max_body:
          break
    if max(announced, len(body)) > self._max_body:
      raise HTTPException(413, f'the body is larger than {self._max_body // _MEGABYTE} MB: send fewer reviews at once')
    return bytes(body)


def create(api):
  """The ASGI application for an Api: every answer but the pages is JSON, errors are {"error": message}."""
  return Starlette(routes=api.routes(), exception_handlers={
      HTTPException: _refused, ClientDisconnect: _gone, Exception: _failed})


def error_body(message):
  """What a client gets to read of an error, bytes."""
  return orjson.dumps({'error': message})


async def _refused(request, exception):
  message = exception.detail
  if exception.status_code == 404 and message == 'Not Found':
    message = f'nothing at {request.url.path}; POST /v1/models/NAME:predict scores, with the name of the served model'
  elif exception.status_code == 405:
    message = f'{request.method} is not for this path'
  return _json(error_body(message), exception.status_code, exception.headers)


async def _gone(unused_request, unused_exception):
  return Response(status_code=400)  # nobody reads it


async def _failed(unused_request, unused_exception):  # uvicorn logs it
  return _json(error_body('the server failed to answer; its log has the reason'), 500)


def _json(body, status=200, headers=None):
  return Response(body, status, headers, 'application/json')
