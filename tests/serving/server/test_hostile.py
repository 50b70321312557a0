"""What clients get wrong, by accident or on purpose: the server answers 4xx in JSON and goes on."""

import concurrent.futures
import contextlib
import json
import random
import re
import socket

import pytest

from tests.serving.server import tiny

_GOOD = {'signature_name': 'predict_text', 'instances': ['a good film', {'text': 'x'}, {'b64': 'eA=='}]}
_PIECES = [
    'null', 'true', '0', '-1', '1e400', 'NaN', '-Infinity', '"\\ud800"', '"\\u0000"', '"\\x"', '[]', '{}', '[[[]]]',
    '"b64"', '{"b64": "eA="}', '{"b64": null}', '{"text": {}}', '"instances"', '"signature_name"', '9' * 400,
    '[' * 2000, '{"a":' * 2000, '\udcff\udcfe', '\udced\udca0\udc80', '\t', ',', ':', '"', '\\', '//',
    '"inputs": ["x"],', '"signature_name": "busyy",']


def _json_bodies(count):
  """Bodies that began as good ones: pieces cut out, doubled, swapped, or put in between."""
  source = random.Random(1)
  for _ in range(count):
    text = json.dumps(_GOOD)
    for _ in range(source.randint(1, 4)):
      start, end = sorted(source.choices(range(len(text) + 1), k=2))
      end = min(end, start + 20)
      text = text[:start] + source.choice(['', text[start:end] * 2, source.choice(_PIECES)]) + text[end:]
    yield text.encode('utf-8', 'surrogateescape')


def _raw_requests(count):
  """Bytes that are no HTTP, or HTTP with something wrong, or right up to where they end."""
  source = random.Random(2)
  body = json.dumps(_GOOD).encode()
  good = _request(body)
  heads = [
      b'Content-Length: -1', b'Content-Length: 99999999999999999999', b'Content-Length: 5\r\nContent-Length: 6',
      b'Content-Length: x', b'Transfer-Encoding: chunked', b'Transfer-Encoding: gzip, chunked', b': no name',
      b'No colon', b'Expect: 100-continue', b'Expect: nonsense', b'Upgrade: websocket\r\nConnection: Upgrade',
      b'Connection: close', b'Host: \xff\xfe', b'X: \x00', b'X: ' + b'y' * 9000,
      b'Upgrade: h2c\r\nConnection: Upgrade', b'\xe4: x']
  predict = tiny.PREDICT.encode()
  lines = [
      b'GET / HTTP/1.1', b'CONNECT x:1 HTTP/1.1', b'OPTIONS * HTTP/1.1', b'GET http://other/x HTTP/1.1',
      b'GET x HTTP/1.1', b'GET //// HTTP/1.1', b'GET /%ff%00/../%2e HTTP/1.1', b'GET /healthz?%zz HTTP/1.1',
      b'get / http/1.1', b'POST ' + predict + b' HTTP/1.0', b'POST ' + predict + b' HTTP/9.9', b'PRI * HTTP/2.0',
      b'DELETE ' + predict + b' HTTP/1.1', b'GET /\xff HTTP/1.1', b'GET ' + b'/x' * 40_000 + b' HTTP/1.1',
      b'GET [:: HTTP/1.1', b'\x16\x03\x01\x02\x00', b'GET /', b'']
  ends = [b'', body, b'zz\r\n', b'5\r\nabc', good, b'ffffffffffffffffff\r\n', b'0\r\n\r\n']
  for _ in range(count):
    kind = source.random()
    if kind < 0.3:  # flipped bytes
      request = bytearray(good)
      for _ in range(source.randint(1, 6)):
        request[source.randrange(len(request))] = source.randrange(256)
    elif kind < 0.5:  # it ends early
      request = good[:source.randrange(len(good))]
    elif kind < 0.9:  # odd heads, with chunks that are none, or another request, behind them
      head = b'\r\n'.join([source.choice(lines), *source.sample(heads, source.randint(0, 3))])
      request = head + b'\r\n\r\n' + source.choice(ends)
    else:
      request = source.randbytes(source.randint(1, 3000))
    yield bytes(request)


def _request(body):
  return b'POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s' % (tiny.PREDICT.encode(), len(body), body)


def _answers(server, request):
  """Send a raw request and no more; returns the (status, body) of each answer until the server hangs up."""
  with server.connect() as connection:
    try:
      connection.sendall(request)
      connection.shutdown(socket.SHUT_WR)
    except OSError:
      pass  # it has hung up already
    received, answers = b'', []
    try:
      while data := connection.recv(1 << 16):
        received += data
    except ConnectionError:
      pass
  while received:
    head, _, rest = received.partition(b'\r\n\r\n')
    length = int(re.search(rb'content-length: (\d+)', head)[1]) if b' 100 ' not in head[:13] else 0
    answers.append((int(head[9:12]), rest[:length]))
    received = rest[length:]
  return answers


def _check(server, answers):
  """Only good answers, and refusals in JSON."""
  for status, body in answers:
    assert status in (100, 200) or 400 <= status < 500, (status, body)
    assert status < 400 or list(json.loads(body)) == ['error'], body
  assert server.process.poll() is None


def _check_alive(server):
  assert server.score('a good film') == pytest.approx([tiny.expected('a good film')])
  assert 'Traceback' not in server.output()


def test_malformed_json(server):
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    ask = lambda body: server.ask('POST', tiny.PREDICT, body)
    statuses = [(status, json.dumps(answer)) for status, answer, _ in pool.map(ask, _json_bodies(1500))]
  _check(server, statuses)
  assert sum(status == 400 for status, _ in statuses) > 1000
  _check_alive(server)


def test_malformed_http(server):
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda request: _answers(server, request), _raw_requests(1500)))
  for found in answers:
    _check(server, found)
  refused = [status for found in answers for status, _ in found if status >= 400]
  assert len(refused) > 500 and {400, 404, 405} <= set(refused)
  _check_alive(server)


def test_a_body_that_is_too_large(server):
  body = json.dumps({'signature_name': 'predict_text', 'instances': ['x' * (1 << 20)]}).encode()
  assert len(body) > 1 << 20
  # Announced, and in chunks of which the sum is not; the client writes all of it before it reads.
  for content in body, (body[start:start + 10_000] for start in range(0, len(body), 10_000)):
    status, answer, _ = server.ask('POST', tiny.PREDICT, content)
    assert (status, answer['error']) == (413, 'the body is larger than 1 MB: send fewer texts at once')
  fits = json.dumps({'signature_name': 'predict_text', 'instances': ['x' * 1_040_000]})
  assert server.ask('POST', tiny.PREDICT, fits)[0] == 200


def test_a_body_that_is_announced_too_large_is_not_awaited(server):
  with server.connect() as connection:
    connection.sendall(f'POST {tiny.PREDICT} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n'
                       'Content-Length: 99999999999\r\n\r\n'.encode())
    assert tiny.read_answer(connection)[0] == 413


def test_too_many_texts(server):
  status, answer = server.predict({'signature_name': 'predict_text', 'instances': ['x'] * 101})
  assert (status, answer['error']) == (413, '101 texts in one request: send at most 100')
  assert len(server.score(*['x'] * 100)) == 100


@contextlib.contextmanager
def _begin(server, *requests):
  """Send the beginnings of requests at the same time, so that the server's seconds for them pass at the same time."""
  with contextlib.ExitStack() as stack:
    connections = [stack.enter_context(server.connect()) for _ in requests]
    for connection, request in zip(connections, requests):
      connection.sendall(request.encode())
    yield connections


def test_a_request_that_does_not_arrive(server):
  predict = f'POST {tiny.PREDICT} HTTP/1.1\r\nHost: x\r\n'
  begun = (predict + 'Content-Length: 100\r\n\r\n{"inst',
           predict + 'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n', predict[:-5], 'G')
  with _begin(server, *begun) as connections:
    for connection in connections:
      assert tiny.read_answer(connection) == (408, b'{"error":"the request did not arrive completely within 3 s"}')
      assert connection.recv(1) == b''


def test_a_connection_with_nothing_left_to_answer_is_closed(server):
  with _begin(server, '', 'POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n') as (silent, answered):
    assert tiny.read_answer(answered)[0] == 404
    assert silent.recv(1) == b'' and answered.recv(1) == b''


def test_a_head_without_an_end(server):
  with server.connect() as connection:
    with pytest.raises(OSError):
      connection.sendall(b'GET / HTTP/1.1\r\nX: ')
      for _ in range(100_000):
        connection.sendall(b'y' * 1000)
  answers = _answers(server, b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 12_000)
  assert answers == [] or answers[0][0] == 431
  _check_alive(server)


def test_slow_clients_do_not_hold_up_others(server):
  slow = [server.connect() for _ in range(100)]
  try:
    for connection in slow:
      connection.sendall(b'POST /v1/models/sentiment:predict HTTP/1.1\r\nContent-Length: 100\r\n\r\n')
    assert server.score('x') == pytest.approx([tiny.expected('x')])
    assert {tiny.read_answer(connection)[0] for connection in slow} == {408}
  finally:
    for connection in slow:
      connection.close()


def test_clients_that_leave_are_forgotten(server):
  request = _request(json.dumps({'signature_name': 'busy', 'instances': ['200']}).encode())
  for end in len(request), len(request) - 10:
    for _ in range(10):
      with server.connect() as connection:
        connection.sendall(request[:end])
  _check_alive(server)


def test_a_full_request_queue_gives_503(server):
  with concurrent.futures.ThreadPoolExecutor(20) as pool:
    asked = [pool.submit(server.ask, 'POST', tiny.PREDICT, json.dumps(
        {'signature_name': 'busy', 'instances': ['300'] * 20})) for _ in range(20)]
    answers = [future.result() for future in asked]
  assert {status for status, *_ in answers} == {200, 503}
  refused = [(answer['error'], headers['retry-after']) for status, answer, headers in answers if status == 503]
  assert set(refused) == {('request queue full: try again later', '1')}
  _check_alive(server)


def test_requests_on_one_connection_are_answered_in_order(server):
  requests = b''.join(_request(json.dumps({'signature_name': 'predict_text', 'instances': [text]}).encode())
                      for text in 'abc')
  answers = _answers(server, requests)
  assert [json.loads(body)['predictions'][0][0] for _, body in answers] == pytest.approx(
      [tiny.expected(text) for text in 'abc'], abs=1e-6)
