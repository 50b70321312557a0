"""The JSON of TensorFlow Serving's REST API: requests to values, outputs to answers."""

import base64
import binascii
import json
from typing import NamedTuple, Sequence

import numpy as np
import orjson

_B64 = {'b64'}


class BadRequestError(ValueError):
  """The body is not a request of the API."""


class Query(NamedTuple):
  """The request in a body.

  Attributes:
    signature: name, or None for the default.
    by_row: whether it has `instances` (row format), not `inputs` (column format).
    content: the value of that key.
  """

  signature: str | None
  by_row: bool
  content: object


def parse(body: bytes) -> Query:
  """Parse the body of a request.

  Args:
    body: JSON.

  Returns:
    The query; its content is not checked yet.

  Raises:
    BadRequestError: the body is not valid.
  """
  try:
    request = orjson.loads(body)
  except orjson.JSONDecodeError as error:
    raise BadRequestError(f'the body is not valid JSON: {error}') from error
  if not isinstance(request, dict):
    raise BadRequestError(f'the body must be an object, not {_json_type(request)}')
  signature = request.get('signature_name')
  if not isinstance(signature, str | None):
    raise BadRequestError(f'"signature_name" must be a string, not {_json_type(signature)}')
  if ('instances' in request) == ('inputs' in request):
    raise BadRequestError('the body must have one of "instances" and "inputs"')
  by_row = 'instances' in request
  return Query(signature or None, by_row, request['instances' if by_row else 'inputs'])


def values(query: Query, name: str) -> list[str | bytes]:
  """Return the values of a query for the input of a signature.

  Args:
    query: the query.
    name: name of the input.

  Returns:
    The values, one at least.

  Raises:
    BadRequestError: the content is anything else; the message names each wrong value.
  """
  content, key = query.content, 'instances' if query.by_row else 'inputs'
  if not query.by_row and isinstance(content, dict) and content.keys() != _B64:
    try:
      content, key = _value_of(content, name), f'inputs.{name}'
    except BadRequestError as error:
      raise BadRequestError(f'{key}: {error}') from error
  if not isinstance(content, list):
    raise BadRequestError(f'"{key}" must be an array, not {_json_type(content)}')
  if not content:
    raise BadRequestError(f'"{key}" is empty')
  result: list[str | bytes] = []
  problems: dict[str, list[str]] = {}
  for index, item in enumerate(content):
    try:
      if query.by_row and isinstance(item, dict) and item.keys() != _B64:
        item = _value_of(item, name)
      result.append(item if isinstance(item, str) else _decode_base64(item))
    except BadRequestError as error:
      problems.setdefault(str(error), []).append(f'{key}[{index}]')
  if problems:
    raise BadRequestError('; '.join(f'{", ".join(places)}: {problem}' for problem, places in problems.items()))
  return result


def name_places(query: Query, places: Sequence[int], problem: str) -> str:
  """Return a message that names the values with a problem.

  Args:
    query: the query.
    places: indices of the values.
    problem: what is wrong with them.

  Returns:
    `instances[1], instances[4]: problem`.
  """
  key = 'instances' if query.by_row else 'inputs'
  return f'{", ".join(f"{key}[{place}]" for place in places)}: {problem}'


def render(outputs: dict[str, np.ndarray], by_row: bool) -> bytes:
  """Render the body of an answer.

  Args:
    outputs: {name: array [values, ...]}.
    by_row: see Query.

  Returns:
    JSON.
  """
  columns = {name: _to_json(name, output) for name, output in outputs.items()}
  if len(columns) == 1:
    content, = columns.values()
  elif by_row:
    content = [dict(zip(columns, row)) for row in zip(*columns.values(), strict=True)]
  else:
    content = columns
  answer = {'predictions' if by_row else 'outputs': content}
  if all(np.isfinite(column).all() for column in columns.values() if isinstance(column, np.ndarray)):
    return orjson.dumps(answer, _to_list, orjson.OPT_SERIALIZE_NUMPY)
  # TensorFlow Serving writes NaN and Infinity, which are not in strict JSON.
  return json.dumps(answer, default=_to_list).encode()


def _value_of(item, name):
  """Return the value of an object's only key."""
  if item.keys() != {name}:
    raise BadRequestError(f'must have "{name}" and nothing else, not {_abbreviate(list(item))}')
  return item[name]


def _decode_base64(item):
  if not isinstance(item, dict) or item.keys() != _B64 or not isinstance(item['b64'], str):
    raise BadRequestError(f'must be a string or {{"b64": "..."}}, not {_json_type(item)}')
  try:
    return base64.b64decode(item['b64'], validate=True)
  except (binascii.Error, ValueError) as error:
    raise BadRequestError(f'not valid base64: {error}') from error


def _to_json(name, output):
  """Convert an output for the JSON library: strings to str, or to {"b64": ...} if the name ends in _bytes."""
  if output.dtype != object:
    return np.ascontiguousarray(output)
  result = np.empty(output.shape, object)
  for index, value in np.ndenumerate(output):
    text = {'b64': base64.b64encode(value).decode()} if name.endswith('_bytes') else value.decode('utf-8', 'replace')
    result[index] = text
  return result.tolist()


def _to_list(value):
  return value.tolist()


def _json_type(value):
  names = {dict: 'an object', list: 'an array', str: 'a string', bool: 'a boolean', type(None): 'null'}
  return names.get(type(value), 'a number')


def _abbreviate(value):
  text = json.dumps(value)
  return text if len(text) <= 100 else text[:100] + '...'
