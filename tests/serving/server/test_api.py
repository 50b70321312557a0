"""The answers, against what TensorFlow Serving documents for its REST API."""

import base64
import gzip
import json
import re

import pytest
import tensorflow as tf

from tests.serving.server import tiny

_TEXTS = ['a good film', '', 'Ünïcode \U0001f600', 'with\0NUL', 'long ' * 10_000]
_VERSION = f'/v1/models/{tiny.NAME}/versions/7'


def _b64(content):
  return {'b64': base64.b64encode(content).decode()}


def _scores(texts):
  return [[pytest.approx(tiny.expected(text), abs=1e-6)] for text in texts]


@pytest.mark.parametrize('path', [tiny.PREDICT, f'{_VERSION}:predict'])
@pytest.mark.parametrize('wrap', [
    lambda text: text, lambda text: {'text': text}, lambda text: _b64(text.encode()),
    lambda text: {'text': _b64(text.encode())}])
def test_rows(application, path, wrap):
  status, answer = application.predict(
      {'signature_name': 'predict_text', 'instances': [wrap(text) for text in _TEXTS]}, path)
  assert (status, answer) == (200, {'predictions': _scores(_TEXTS)})


@pytest.mark.parametrize('wrap', [lambda column: column, lambda column: {'text': column}])
def test_columns(application, wrap):
  status, answer = application.predict({'signature_name': 'predict_text', 'inputs': wrap(_TEXTS)})
  assert (status, answer) == (200, {'outputs': _scores(_TEXTS)})


@pytest.mark.parametrize('wrap', [lambda text: _b64(tiny.example(text)),
                                  lambda text: {'examples': _b64(tiny.example(text))}])
def test_without_a_signature_serialized_examples_are_taken(application, wrap):
  status, answer = application.predict({'instances': [wrap(text) for text in _TEXTS]})
  assert (status, answer) == (200, {'predictions': _scores(_TEXTS)})
  assert application.predict({'signature_name': '', 'inputs': [_b64(tiny.example('x'))]})[0] == 200


def test_scores_equal_those_of_the_saved_model(application, models):
  signature = tf.saved_model.load(str(models[0])).signatures['predict_text']
  direct = signature(text=tf.constant(_TEXTS))['scores'].numpy()
  assert application.score(*_TEXTS) == pytest.approx(direct[:, 0].tolist(), abs=1e-7)


def test_bytes_that_are_not_utf8_are_left_to_the_model(application):
  status, answer = application.predict({'signature_name': 'predict_text', 'instances': [_b64(b'caf\xe9')]})
  assert (status, answer) == (200, {'predictions': _scores(['caf\ufffd'])})


def test_several_outputs_have_names_and_strings(application):
  texts = ['one two', 'ä']
  asked = {'signature_name': 'features'}
  first = [_b64(b'on'), _b64('ä'.encode())]
  assert application.predict({**asked, 'instances': texts}) == (200, {'predictions': [
      {'first_bytes': first[0], 'length': 7, 'words': ['one', 'two']},
      {'first_bytes': first[1], 'length': 2, 'words': ['ä', '']}]})
  assert application.predict({**asked, 'inputs': texts}) == (200, {'outputs': {
      'first_bytes': first, 'length': [7, 2], 'words': [['one', 'two'], ['ä', '']]}})


def test_infinities_and_nan_are_written_as_in_tensorflow_serving(application):
  status, answer = application.predict({'signature_name': 'ratio', 'instances': ['2', '0', '-0', 'nan']})
  assert status == 200
  assert json.dumps(answer) == '{"predictions": [0.5, Infinity, -Infinity, NaN]}'


def test_the_status_of_versions(application):
  expected = {'model_version_status': [
      {'version': '7', 'state': 'AVAILABLE', 'status': {'error_code': 'OK', 'error_message': ''}}]}
  for path in f'/v1/models/{tiny.NAME}', _VERSION:
    status, answer, headers = application.ask('GET', path)
    assert (status, answer, headers['content-type']) == (200, expected, 'application/json')


def test_metadata_describes_the_signatures(application):
  for path in f'/v1/models/{tiny.NAME}/metadata', f'{_VERSION}/metadata':
    status, answer, _ = application.ask('GET', path)
    assert status == 200
    assert answer['model_spec'] == {'name': tiny.NAME, 'signature_name': '', 'version': '7'}
    signature = answer['metadata']['signature_def']['signature_def']['predict_text']
    assert signature['method_name'] == 'tensorflow/serving/predict'
    assert signature['inputs']['text'] == {
        'dtype': 'DT_STRING', 'name': 'predict_text_text:0',
        'tensor_shape': {'dim': [{'size': '-1', 'name': ''}], 'unknown_rank': False}}
    assert signature['outputs']['scores']['dtype'] == 'DT_FLOAT'


def test_health(application):
  assert application.ask('GET', '/healthz')[:2] == (200, {'status': 'ok', 'version': '7'})


_NOT_THERE = [
    ('GET', '/nothing', 404, 'no resource at /nothing'),
    ('GET', '/v1/models/other', 404, 'no resource at /v1/models/other'),
    ('POST', '/v1/models/other:predict', 404, 'no resource at'),
    ('POST', '/v1/models/sentiment:classify', 404, 'no resource at'),
    ('GET', '/v1/models/sentiment/versions/8', 404, 'version 8 of sentiment is not loaded; version 7 is'),
    ('POST', '/v1/models/sentiment/versions/8:predict', 404, 'version 8'),
    ('GET', '/v1/models/sentiment/versions/' + '9' * 5000, 404, 'no resource at'),
    ('GET', tiny.PREDICT, 405, 'GET'),
    ('PUT', '/v1/models/sentiment', 405, 'PUT'),
    ('DELETE', f'{_VERSION}:predict', 405, 'DELETE'),
]


@pytest.mark.parametrize('method, path, status, message', _NOT_THERE)
def test_unknown_paths_and_methods_are_refused(application, method, path, status, message):
  answer = application.ask(method, path, b'{}' if method == 'POST' else None)
  assert answer[0] == status
  assert list(answer[1]) == ['error'] and message in answer[1]['error']
  assert status != 405 or answer[2]['allow']


_TEXT = {'signature_name': 'predict_text'}


_WRONG = [
    ([], 'must be an object, not an array'),
    ({}, 'one of "instances" and "inputs"'),
    ({'instances': ['x'], 'inputs': ['x']}, 'one of "instances" and "inputs"'),
    ({'signature_name': 7, 'instances': ['x']}, '"signature_name" must be a string, not a number'),
    ({'signature_name': 'none', 'instances': ['x']}, "no signature 'none'; there are: .*predict_text"),
    ({'signature_name': 'pair', 'instances': ['x']}, "no signature 'pair'"),
    ({**_TEXT, 'instances': []}, '"instances" is empty'),
    ({**_TEXT, 'instances': 'x'}, '"instances" must be an array, not a string'),
    ({**_TEXT, 'instances': ['x', 7]}, r'instances\[1\]: must be a string or .* not a number'),
    ({**_TEXT, 'instances': ['x', None]}, r'instances\[1\]: .* not null'),
    ({**_TEXT, 'instances': ['x', ['y']]}, r'instances\[1\]: .* not an array'),
    ({**_TEXT, 'instances': [{'body': 'x'}]}, r'instances\[0\]: must have "text" and nothing else, not \["body"\]'),
    ({**_TEXT, 'instances': [{'text': 'x', 'id': 1}]}, r'not \["text", "id"\]'),
    ({**_TEXT, 'instances': [{'text': True}]}, r'instances\[0\]: .* not a boolean'),
    ({**_TEXT, 'instances': [{'b64': 'x'}]}, r'instances\[0\]: not valid base64'),
    ({**_TEXT, 'instances': [{'b64': 'ä'}]}, r'instances\[0\]: not valid base64'),
    ({**_TEXT, 'instances': [{'b64': 7}]}, r'instances\[0\]: must be a string or'),
    ({**_TEXT, 'inputs': {}}, 'inputs: must have "text"'),
    ({**_TEXT, 'instances': ['a', None, {'b64': 'x'}, 'b', None]},
     r'instances\[1\], instances\[4\]: must be a string or .*, not null; instances\[2\]: not valid base64'),
    ({'instances': [_b64(tiny.example('a')), 'b', _b64(b'\n'), _b64(tiny.example('c'))]},
     r'signature serving_default: instances\[1\], instances\[2\]: not a serialized tf.Example with a text; there are'),
    ({**_TEXT, 'inputs': {'b64': ''}}, '"inputs" must be an array, not an object'),
    ({**_TEXT, 'inputs': {'text': 'x'}}, '"inputs.text" must be an array, not a string'),
    ({**_TEXT, 'inputs': [['x']]}, r'inputs\[0\]: must be a string'),
    ({'instances': ['no example']}, 'serving_default: .*; there are also: .*predict_text'),
    ({'signature_name': 'ratio', 'instances': ['no number']}, 'ratio: '),
]


@pytest.mark.parametrize('content, message', _WRONG)
def test_a_wrong_request_is_told_what_is_wrong(application, content, message):
  status, answer = application.predict(content)
  assert status == 400 and list(answer) == ['error']
  assert re.search(message, answer['error']), answer


_NO_JSON = [
    b'', b'{', b'nonsense', b'{"instances": ["x"]} rest', b'{"instances": [NaN]}', b'{"instances": ["\xff"]}',
    b'{"instances": ["\\ud800"]}', b'{"instances": [' + b'[' * 100_000 + b']' * 100_000 + b']}', b'\x00\x01',
    b'\xef\xbb\xbf{}', b'{"instances": [1e999999]}', b'{"instances": [' + b'9' * 100_000 + b']}']


@pytest.mark.parametrize('body', _NO_JSON)
def test_a_body_that_is_not_json_is_refused(application, body):
  status, answer, _ = application.ask('POST', tiny.PREDICT, body)
  assert status == 400 and list(answer) == ['error']


@pytest.mark.parametrize('encoding', ['gzip', 'GZIP'])
def test_a_gzipped_body_is_answered_as_the_plain_one(application, encoding):
  body = json.dumps({**_TEXT, 'instances': _TEXTS}).encode()
  compressed = gzip.compress(body[:100]) + gzip.compress(body[100:])  # a gzip file may have several members
  answer = application.ask('POST', tiny.PREDICT, compressed, {'Content-Encoding': encoding})
  assert answer[:2] == application.ask('POST', tiny.PREDICT, body)[:2] == (200, {'predictions': _scores(_TEXTS)})


_BODY = gzip.compress(b'{"instances": ["x"]}')


@pytest.mark.parametrize('encoding, body, status, message', [
    ('br', _BODY, 415, "'br' is not supported"), ('gzip, gzip', _BODY, 415, 'not supported'),
    ('gzip', b'{}', 400, 'not gzipped'), ('gzip', _BODY[:-9], 400, 'not gzipped'),
    ('gzip', _BODY[:-8] + b'12345678', 400, 'not gzipped'), ('gzip', _BODY + b'more', 400, 'not gzipped'),
    ('gzip', b'', 400, 'not valid JSON'), ('gzip', gzip.compress(bytes(50_000_000), 1), 413, 'larger than 1 MB'),
], ids=['another', 'twice', 'not gzip', 'short', 'wrong sum', 'more behind', 'empty', 'bomb'])
def test_a_body_that_cannot_be_decompressed_is_refused(application, encoding, body, status, message):
  answer = application.ask('POST', tiny.PREDICT, body, {'Content-Encoding': encoding})
  assert answer[0] == status and message in answer[1]['error']


def test_over_http_the_answers_are_the_same(server, application):
  requests = [('GET', path, None) for path in ('/healthz', f'/v1/models/{tiny.NAME}', f'{_VERSION}/metadata')]
  requests += [(method, path, b'{}' if method == 'POST' else None) for method, path, _, _ in _NOT_THERE]
  requests += [('POST', tiny.PREDICT, body) for body in _NO_JSON]
  contents = [content for content, _ in _WRONG] + [
      {**_TEXT, 'instances': _TEXTS}, {**_TEXT, 'inputs': _TEXTS}, {'signature_name': 'features', 'inputs': _TEXTS}]
  requests += [('POST', tiny.PREDICT, json.dumps(content)) for content in contents]
  for request in requests:
    (status, answer, _), expected = server.ask(*request), application.ask(*request)
    assert (status, answer) == expected[:2], request
