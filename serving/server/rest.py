"""The JSON of TensorFlow Serving's REST API: requests to values, outputs to answers."""

import base64
import binascii
import json
from typing import NamedTuple

import numpy as np
import orjson

_B64 = {'b64'}


class BadRequest(ValueError):
  """The body is not what the API takes."""


class Query(NamedTuple):
  """What a body asks for.

  Attributes:
    signature: name, or None for the default.
    by_row: whether it lists `instances` (row format), not `inputs` (column format).
    content: the value of that key.
  """

  signature: str | None
  by_row: bool
  content: object


def parse(body):
  """Reads a body, bytes, into a Query; raises BadRequest."""
  try:
    request = orjson.loads(body)
  except orjson.JSONDecodeError as error:
    raise BadRequest(f'the body is no valid JSON: {error}') from error
  if not isinstance(request, dict):
    raise BadRequest(f'the body must be an object, not {_kind(request)}')
  signature = request.get('signature_name')
  if not isinstance(signature, str | None):
    raise BadRequest(f'"signature_name" must be a string, not {_kind(signature)}')
  if ('instances' in request) == ('inputs' in request):
    raise BadRequest('the body must have one of "instances" and "inputs"')
  by_row = 'instances' in request
  return Query(signature or None, by_row, request['instances' if by_row else 'inputs'])


def values(query, name):
  """The values of a Query for the input of a signature.

  Args:
    query: Query.
    name: of the input.

  Returns:
    List of str or bytes.

  Raises:
    BadRequest: the content is something else.
  """
  content, key = query.content, 'instances' if query.by_row else 'inputs'
  if not query.by_row and isinstance(content, dict) and content.keys() != _B64:
    content, key = _named(content, name, key), f'inputs.{name}'
  if not isinstance(content, list):
    raise BadRequest(f'"{key}" must be an array, not {_kind(content)}')
  if not content:
    raise BadRequest(f'"{key}" is empty')
  found = []
  for index, item in enumerate(content):
    if query.by_row and isinstance(item, dict) and item.keys() != _B64:
      item = _named(item, name, f'{key}[{index}]')
    found.append(item if isinstance(item, str) else _decoded(item, f'{key}[{index}]'))
  return found


def render(outputs, by_row):
  """An answer's body.

  Args:
    outputs: {name: array [values, ...]}.
    by_row: Query.by_row.

  Returns:
    bytes.
  """
  columns = {name: _plain(name, output) for name, output in outputs.items()}
  if len(columns) == 1:
    content, = columns.values()
  elif by_row:
    content = [dict(zip(columns, row)) for row in zip(*columns.values(), strict=True)]
  else:
    content = columns
  answer = {'predictions' if by_row else 'outputs': content}
  if all(np.isfinite(column).all() for column in columns.values() if isinstance(column, np.ndarray)):
    return orjson.dumps(answer, _listed, orjson.OPT_SERIALIZE_NUMPY)
  # TensorFlow Serving writes NaN and Infinity, of which strict JSON knows nothing.
  return json.dumps(answer, default=_listed).encode()


def _named(item, name, where):
  if item.keys() != {name}:
    raise BadRequest(f'{where}: must have "{name}" and nothing else, not {_brief(list(item))}')
  return item[name]


def _decoded(item, where):
  if not isinstance(item, dict) or item.keys() != _B64 or not isinstance(item['b64'], str):
    raise BadRequest(f'{where}: must be a string or {{"b64": "..."}}, not {_kind(item)}')
  try:
    return base64.b64decode(item['b64'], validate=True)
  except (binascii.Error, ValueError) as error:
    raise BadRequest(f'{where}: no valid base64: {error}') from error


def _plain(name, output):
  """An output as the JSON library takes it: strings as str, or as {"b64": ...} where its name ends in _bytes."""
  if output.dtype != object:
    return np.ascontiguousarray(output)
  shown = np.empty(output.shape, object)
  for index, value in np.ndenumerate(output):
    text = {'b64': base64.b64encode(value).decode()} if name.endswith('_bytes') else value.decode('utf-8', 'replace')
    shown[index] = text
  return shown.tolist()


def _listed(value):
  return value.tolist()


def _kind(value):
  kinds = {dict: 'an object', list: 'an array', str: 'a string', bool: 'a boolean', type(None): 'null'}
  return kinds.get(type(value), 'a number')


def _brief(value):
  text = json.dumps(value)
  return text if len(text) <= 100 else text[:100] + '...'
