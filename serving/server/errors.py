"""The REST error body, and which errors clients get."""

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request
from starlette.responses import Response


def error_body(message: str) -> bytes:
  """Return the JSON that a client gets for an error, as TensorFlow Serving does.

  Args:
    message: what is wrong and, where possible, how to fix it.

  Returns:
    {"error": message}.
  """
  return orjson.dumps({'error': message})


def _respond(message, status, headers=None):
  return Response(error_body(message), status, headers, 'application/json')


async def _handle_http_exception(request: Request, exception: Exception) -> Response:
  assert isinstance(exception, HTTPException)
  message = exception.detail
  if exception.status_code == 404 and message == 'Not Found':  # Starlette's own, for a path without a route
    message = f'no resource at {request.url.path}; to score, POST to /v1/models/NAME:predict with the name of the model'
  elif exception.status_code == 405:
    message = f'method {request.method} is not allowed for this path'
  return _respond(message, exception.status_code, exception.headers)


async def _handle_disconnect(unused_request: Request, unused_exception: Exception) -> Response:
  return Response(status_code=400)  # nobody reads it


async def _handle_failure(unused_request: Request, unused_exception: Exception) -> Response:
  # uvicorn logs the traceback.
  return _respond('internal error; the log of the server has the reason', 500)


HANDLERS = {HTTPException: _handle_http_exception, ClientDisconnect: _handle_disconnect, Exception: _handle_failure}
