"""predict.py and docs/serving.md, with a small linear model that has the signatures of a pushed one."""

import contextlib
from concurrent import futures
import csv
import gzip
import http.server
import io
import itertools
import json
import math
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

import predict

_PROJECT = pathlib.Path(predict.__file__).resolve().parent
_WEIGHTS = {'good': 2.0, 'remember': 1.0, 'bad': -3.0, 'hours': -1.0, 'schön': 1.5}
_TEXTS = ['Good, good film', 'bad', '', 'A "quoted", comma\nand line\r\nof schön text', 'not remember hours']


class _Linear(tf.Module):
  """The sum of the words' weights, times a factor, as log-odds."""

  def __init__(self, factor):
    super().__init__()
    words = tf.lookup.KeyValueTensorInitializer(list(_WEIGHTS), list(_WEIGHTS.values()))
    self._weights = tf.lookup.StaticHashTable(words, 0.0)
    self._factor = tf.Variable(factor, dtype=tf.float32)

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'text')])
  def predict_text(self, text):
    words = tf.strings.split(tf.strings.regex_replace(tf.strings.lower(text, 'utf-8'), r'<br />|[^\pL\pN]+', ' '))
    values = tf.ragged.map_flat_values(self._weights.lookup, words)
    return {'scores': tf.sigmoid(self._factor * tf.reduce_sum(values, axis=1))[:, tf.newaxis]}

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  def serving_default(self, examples):
    parsed = tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})
    return self.predict_text(parsed['text'])


def save_model(model_dir, version, factor=1.0):
  """Saves a model below a directory as a version; returns the directory as a str."""
  model = _Linear(factor)
  tf.saved_model.save(model, str(model_dir / str(version)), signatures={
      'predict_text': model.predict_text, 'serving_default': model.serving_default})
  return str(model_dir)


def probability(text, factor=1.0):
  """What the model says."""
  words = re.findall(r'\w+', text.lower().replace('<br />', ' '))
  return 1 / (1 + math.exp(-factor * sum(_WEIGHTS.get(word, 0) for word in words)))


@pytest.fixture(scope='module')
def model_dir(tmp_path_factory):
  """Versions 9 and 10, of which 10 is the newer one, and the staging directory of another."""
  directory = tmp_path_factory.mktemp('serving')
  save_model(directory, 9, factor=0.5)
  (directory / '.staging-11').mkdir()
  return save_model(directory, 10)


def _csv(rows, delimiter=','):
  file = io.StringIO()
  csv.writer(file, delimiter=delimiter).writerows(rows)
  return file.getvalue().encode()


def _read(path):
  """Rows as dicts of strings or, of JSONL, as they are."""
  content = (gzip.open if path.name.endswith('.gz') else open)(path, 'rb').read().decode()
  if '.jsonl' in path.name:
    return [json.loads(line) for line in content.splitlines()]
  return list(csv.DictReader(io.StringIO(content, newline=''), delimiter='\t' if '.tsv' in path.name else ','))


def _python(*arguments, **settings):
  return subprocess.run(
      [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **settings)


# What the words do.


def _weights_score(texts):
  return [probability(text) for text in texts]


def test_an_explanation_of_a_linear_model_is_its_weights_times_the_occurrences():
  found = predict.explain(_weights_score, 'GOOD, good film;<br /><br />"Bad"<br />the end. Remember!', most=4)
  assert [word for word, _ in found] == ['good', 'bad', 'remember', 'film']
  assert [effect for _, effect in found] == pytest.approx([4, -3, 1, 0], abs=1e-6)
  assert predict.explain(_weights_score, '... <br />') == []


def test_an_explanation_of_a_long_review_is_bounded():
  seen = []

  def score(texts):
    seen.extend(texts)
    return _weights_score(texts)

  found = predict.explain(score, 'good ' + ' '.join(f'word{number}' for number in range(50_000)), most=1)
  assert [(word, round(effect, 6)) for word, effect in found] == [('good', 2)]
  assert len(seen) == 501 and max(map(len, seen)) == 20_000


def test_a_probability_of_one_has_finite_effects():
  (_, effect), = predict.explain(lambda texts: [1.0 if 'good' in text else 0.0 for text in texts], 'good')
  assert effect == pytest.approx(2 * math.log(1e7), rel=1e-3)


def test_batches_are_of_like_length_and_the_order_is_kept():
  calls = []

  def call(texts):
    calls.append([len(text) for text in texts])
    return [len(text) for text in texts]

  texts = ['x' * (number * 7919 % 997) for number in range(2000)] + ['y' * 2_000_000] * 2
  assert predict.batched(call, 1)(texts) == [len(text) for text in texts]
  assert [length for lengths in calls for length in lengths] == sorted(map(len, texts))
  assert max(map(len, calls)) == 256 and calls[-1] == [2_000_000]


def test_endless_rows_are_scored_as_they_come():
  rows = (({'text': str(number)}, str(number)) for number in itertools.count())
  results = predict.scored(rows, lambda texts: [0.5] * len(texts), None, 100)
  assert [text for _, text, _, _ in itertools.islice(results, 250)] == [str(number) for number in range(250)]


# Files.


@pytest.mark.parametrize('name, output', [
    ('a.csv', 'b.csv'), ('a.tsv', 'b.tsv.gz'), ('a.csv.gz', 'b.jsonl'), ('a.jsonl', 'b.jsonl.gz'),
    ('a.jsonl.gz', 'b.csv')])
def test_a_file_keeps_its_columns_and_order(model_dir, tmp_path, name, output):
  rows = [{'id': str(number), 'text': text, 'label': '1'} for number, text in enumerate(_TEXTS)]
  if '.jsonl' in name:
    content = ''.join(json.dumps(row) + '\n\n' for row in rows).encode()
  else:
    content = b'\xef\xbb\xbf' + _csv([list(rows[0]), *(row.values() for row in rows)], '\t' if '.tsv' in name else ',')
  (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith('.gz') else content)
  path = tmp_path / output
  assert predict.main(['--model-dir', model_dir, '--input', str(tmp_path / name), '--output', str(path)]) == 0
  found = _read(path)
  assert [list(row) for row in found] == [['id', 'text', 'label', 'probability', 'prediction']] * len(rows)
  assert [{key: row[key] for key in ('id', 'text', 'label')} for row in found] == rows
  assert [float(row['probability']) for row in found] == pytest.approx([probability(text) for text in _TEXTS], abs=1e-6)
  assert [row['prediction'] for row in found] == ['positive', 'negative', 'positive', 'positive', 'positive']
  assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, output])


def test_what_is_no_utf_8_or_no_string_comes_out_as_it_was(model_dir, tmp_path):
  (tmp_path / 'a.csv').write_bytes(b'text,name\ngood \xff,\xe9\n')
  assert predict.main(['--model-dir', model_dir, '--input', str(tmp_path / 'a.csv'), '--output',
                       str(tmp_path / 'b.csv')]) == 0
  assert (tmp_path / 'b.csv').read_bytes().splitlines()[1].startswith(b'good \xff,\xe9,0.88079')
  row = {'body': 'good \ud800', 'n': 1, 'x': 1.5, 'y': None, 'z': {'a': ['ü']}}
  (tmp_path / 'a.jsonl').write_text(json.dumps(row) + '\n')
  assert predict.main(['--model-dir', model_dir, '--input', str(tmp_path / 'a.jsonl'), '--text-column', 'body',
                       '--output', str(tmp_path / 'b.jsonl')]) == 0
  found, = _read(tmp_path / 'b.jsonl')
  assert {key: found[key] for key in row} == row
  assert 'ü' in (tmp_path / 'b.jsonl').read_text(encoding='utf-8')


def test_explanations_are_a_column_or_a_list(model_dir, tmp_path, capsys):
  (tmp_path / 'a.txt').write_text('good film, not bad\nremember\n')
  arguments = ['--model-dir', model_dir, '--input', str(tmp_path / 'a.txt'), '--explain', '2']
  assert predict.main(arguments) == 0
  assert capsys.readouterr().out.splitlines() == [
      '0.2689  negative  good film, not bad', '        bad -3.00 good +2.00',
      '0.7311  positive  remember', '        remember +1.00']
  assert predict.main([*arguments, '--format', 'csv']) == 0
  assert capsys.readouterr().out.splitlines()[1].endswith(',negative,bad -3.00 good +2.00')
  assert predict.main([*arguments, '--format', 'jsonl']) == 0
  explanation = json.loads(capsys.readouterr().out.splitlines()[0])['explanation']
  assert explanation == [{'word': 'bad', 'effect': -3.0}, {'word': 'good', 'effect': 2.0}]


@pytest.mark.parametrize('name, content, message', [
    ('a.csv', 'review\nx\n', "row 1: no 'text'; found: review; --text-column names"),
    ('a.csv', 'text,prediction\nx,1\n', "row 1: has 'prediction' already"),
    ('a.csv', 'text,n\nx,1\ny\n', 'row 2: not the 2 fields that the header has'),
    ('a.csv', 'text,n\nx,1\ny,2,3\n', 'row 2: not the 2 fields that the header has'),
    ('a.csv', 'text,text\nx,y\n', 'row 1: two columns of the header have the same name'),
    ('a.csv', 'text\n"x\n', 'row 1: unexpected end of data'),
    ('a.tsv', 'text\tn\n', 'holds no reviews'),
    ('a.jsonl', '', 'holds no reviews'),
    ('a.jsonl', '{"text": "x"}\n{"text": \n', 'row 2: Expecting value'),
    ('a.jsonl', '{"text": "x"}\n["y"]\n', 'row 2: not a JSON object'),
    ('a.jsonl', '{"text": null}\n', "row 1: 'text' is null, not a string"),
    ('a.jsonl', '[' * 100_000, 'row 1: maximum recursion depth'),
    ('a.jsonl', '{"text": "x", "probability": 1}\n', "row 1: has 'probability' already"),
    ('a.csv.gz', 'text\nx\n', 'row 1: Not a gzipped file'),
    ('a.xlsx', 'x', 'unknown kind of file; these are known, also as .gz: .csv, .tsv, .jsonl, .txt'),
])
def test_a_bad_row_is_named_and_nothing_is_written(model_dir, tmp_path, capsys, name, content, message):
  path = tmp_path / name
  path.write_text(content)
  assert predict.main(['--model-dir', model_dir, '--input', str(path), '--output', str(tmp_path / 'b.csv')]) == 1
  line, = capsys.readouterr().err.splitlines()
  assert line.startswith(f'predict.py: {path}') and message in line
  assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_midway_leaves_the_former_output(model_dir, tmp_path, capsys):
  (tmp_path / 'a.jsonl').write_text('{"text": "good"}\n' * 5000 + '{"text": 1}\n')
  (tmp_path / 'b.jsonl').write_text('former')
  arguments = ['--model-dir', model_dir, '--input', str(tmp_path / 'a.jsonl'), '--output', str(tmp_path / 'b.jsonl')]
  assert predict.main(arguments) == 1
  assert "row 5001: 'text' is 1" in capsys.readouterr().err
  assert (tmp_path / 'b.jsonl').read_text() == 'former'
  assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_process_leaves_nothing(model_dir, tmp_path, number):
  process = subprocess.Popen(
      [sys.executable, str(_PROJECT / 'predict.py'), '--model-dir', model_dir, '--output', str(tmp_path / 'b.csv')],
      stdin=subprocess.PIPE, stderr=subprocess.PIPE,
      preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))  # as in the background of a script
  with process:
    process.stdin.write(b'good\n' * 5000)  # a chunk of 4,096 is written, the rest waits
    process.stdin.flush()
    partial = _wait_for(lambda: [path for path in tmp_path.iterdir() if path.stat().st_size])
    assert partial[0].name != 'b.csv'
    process.send_signal(number)
    assert process.wait(60) == 130
  assert not list(tmp_path.iterdir())


def _wait_for(condition):
  for _ in range(600):
    if found := condition():
      return found
    time.sleep(0.1)
  raise TimeoutError('the condition did not come true')


# The command line.


def test_a_copy_scores_where_no_code_of_ours_can_be_imported(model_dir, tmp_path):
  shutil.copy(_PROJECT / 'predict.py', tmp_path / 'predict.py')
  (tmp_path / 'a.csv').write_bytes(_csv([['text'], *([text] for text in _TEXTS)]))
  command = ('-I', tmp_path / 'predict.py', '--model-dir', model_dir)
  process = _python(*command, 'good\nfilm', 'bad', cwd=tmp_path)
  assert (process.stdout, process.stderr) == ('0.8808  positive  good film\n0.0474  negative  bad\n', '')
  assert _python(*command, '--input', 'a.csv', '--output', 'b.csv', cwd=tmp_path).returncode == 0
  assert len(_read(tmp_path / 'b.csv')) == len(_TEXTS)
  process = _python(*command, '--explain', input='good, bad\n\n', cwd=tmp_path)
  assert process.stdout.splitlines() == ['0.2689  negative  good, bad', '        bad -3.00 good +2.00',
                                         '0.5000  positive  ', '        ']
  process = _python(*command, '--batch', '--input', 'a.csv', '--output', 'c.csv', cwd=tmp_path)
  assert process.returncode == 1 and 'for --batch the whole project' in process.stderr


def test_versions_are_chosen_by_number(model_dir, capsys):
  assert predict.main(['--model-dir', model_dir, 'good']) == 0
  assert predict.main(['--model-dir', model_dir, '--version', '9', 'good']) == 0
  newest, older = capsys.readouterr().out.splitlines()
  assert newest.startswith(f'{probability("good"):.4f}') and older.startswith(f'{probability("good", 0.5):.4f}')
  assert predict.main(['--model-dir', model_dir, '--version', '11', 'good']) == 1
  assert 'no version 11; there are: 9, 10' in capsys.readouterr().err


@pytest.mark.parametrize('damage, message', [
    (shutil.rmtree, 'no pushed model here'),
    (lambda path: (path / 'saved_model.pb').write_bytes(b'damaged'), 'not a loadable model'),
    (lambda path: shutil.rmtree(path / 'variables'), 'not a loadable model'),
])
def test_a_model_that_cannot_be_loaded_is_one_line(tmp_path, capsys, damage, message):
  save_model(tmp_path, 1)
  damage(tmp_path / '1')
  assert predict.main(['--model-dir', str(tmp_path), 'good']) == 1
  line, = capsys.readouterr().err.splitlines()
  assert str(tmp_path) in line and message in line


@pytest.mark.parametrize('arguments, message', [
    (['--input', 'a.csv', 'good'], 'give one of the two'),
    (['--batch', '--input', 'a.csv'], '--batch needs --input and --output'),
    (['--batch', '--input', 'a.csv', '--output', 'b.csv', '--explain'], 'neither --server nor --explain'),
    (['--beam=flink', 'good'], 'need --batch'),
    (['--explain', '0', 'good'], '1 word at least'),
])
def test_wrong_usage_is_refused(capsys, arguments, message):
  with pytest.raises(SystemExit, match='2'):
    predict.main(arguments)
  assert message in capsys.readouterr().err


@pytest.mark.parametrize('arguments, message', [
    (['--input', 'no.csv'], "No such file or directory: 'no.csv'"),
    (['--output', '/dev/null', '--format', 'text', 'good'], '/dev/null: not a regular file'),
    (['--server', 'localhost:8501', 'good'], 'http://host:port or grpc://host:port was expected'),
    (['--server', 'http://127.0.0.1:1', 'good'], 'no answer (URLError'),
    (['--server', 'grpc://127.0.0.1:1', 'good'], 'UNAVAILABLE'),
])
def test_a_failure_is_one_line(capsys, arguments, message):
  assert predict.main(arguments) == 1
  line, = capsys.readouterr().err.splitlines()
  assert message in line


def test_a_reader_that_goes_away_ends_it_quietly(model_dir):
  command = '"$0" "$1" --model-dir "$2" | head -1; exit ${PIPESTATUS[0]}'
  process = subprocess.run(
      ['bash', '-c', command, sys.executable, str(_PROJECT / 'predict.py'), model_dir], input='good\n' * 50_000,
      capture_output=True, text=True, timeout=120, check=False)
  assert (process.returncode, process.stdout, process.stderr) == (0, '0.8808  positive  good\n', '')


# Servers.


@pytest.fixture(scope='module')
def rest(model_dir):
  """The address of the project's server."""
  command = [sys.executable, '-m', 'serving.server', '--model-dir', model_dir, '--port', '0']
  with subprocess.Popen(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True) as process:
    try:
      yield next(found[0] for line in process.stdout if (found := re.search(r'http://[\d.]+:\d+', line)))
    finally:
      process.terminate()


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
  """TensorFlow Serving's gRPC API for one model."""

  def __init__(self, path):
    self._model = tf.saved_model.load(path)
    self.queries = []

  def Predict(self, request, context):
    self.queries.append((request.model_spec.name, request.model_spec.signature_name, request.model_spec.version.value))
    if request.model_spec.version.value not in (0, 10):
      context.abort(grpc.StatusCode.NOT_FOUND, 'Servable not found for request')
    inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
    outputs = self._model.signatures[request.model_spec.signature_name](**inputs)
    return predict_pb2.PredictResponse(
        outputs={key: tf.make_tensor_proto(value.numpy()) for key, value in outputs.items()})


@contextlib.contextmanager
def _grpc_server(service):
  server = grpc.server(futures.ThreadPoolExecutor(2))
  prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
  port = server.add_insecure_port('127.0.0.1:0')
  server.start()
  yield f'127.0.0.1:{port}'
  server.stop(0).wait()


@pytest.fixture(scope='module')
def service(model_dir):
  return _Service(f'{model_dir}/10')


@pytest.fixture(scope='module')
def grpc_target(service):
  with _grpc_server(service) as target:
    yield target


_MANY = [f'{"good " * (number % 3)}{"bad " * (number % 2)}{number}' for number in range(700)]


def test_servers_give_the_scores_of_the_process(model_dir, rest, grpc_target, service):
  expected = predict.local(f'{model_dir}/10')(_MANY)
  assert expected == pytest.approx([probability(text) for text in _MANY], abs=1e-6)
  assert predict.rest(rest, 'sentiment')(_MANY) == pytest.approx(expected, abs=1e-6)
  assert predict.rest(f'{rest}/', 'sentiment', 10)(['bad']) == pytest.approx([probability('bad')], abs=1e-6)
  assert predict.grpc(grpc_target, 'sentiment')(_MANY) == expected
  assert predict.grpc(grpc_target, 'sentiment', 10)(['bad']) == pytest.approx([probability('bad')], abs=1e-6)
  assert service.queries[0] == ('sentiment', 'predict_text', 0) and service.queries[-1][2] == 10


def test_the_command_line_asks_servers(rest, grpc_target, capsys):
  for url in (rest, f'grpc://{grpc_target}'):
    assert predict.main(['--server', url, '--explain', '1', 'good film']) == 0
    assert capsys.readouterr().out == '0.8808  positive  good film\n        good +2.00\n'
  for url, status in ((rest, '(404)'), (f'grpc://{grpc_target}', 'NOT_FOUND')):
    assert predict.main(['--server', url, '--version', '77', 'good']) == 1
    line, = capsys.readouterr().err.splitlines()
    assert status in line and url in line


def test_http_needs_no_tensorflow(rest):
  code = 'import sys, predict; print(predict.main(sys.argv[1:]), "tensorflow" in sys.modules, "numpy" in sys.modules)'
  process = _python('-c', code, '--server', rest, 'good', cwd=_PROJECT)
  assert process.stdout.splitlines() == ['0.8808  positive  good', '0 False False']


@pytest.mark.parametrize('status, answer, message', [
    (500, b'{"error": "out\nof memory"}', 'refused (500): {"error": "out of memory"}'),
    (200, b'{"predictions": [[0.5], [0.5]]}', 'not an answer of a prediction server (ValueError: 2 scores for 1'),
    (200, b'{"predictions": [0.5]}', 'not an answer of a prediction server'),
    (200, b'<html>', 'not an answer of a prediction server'),
])
def test_another_answer_is_one_line(capsys, status, answer, message):
  class Handler(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
      self.rfile.read(int(self.headers['Content-Length']))
      self.send_response(status)
      self.end_headers()
      self.wfile.write(answer)

    def log_message(self, *unused):
      pass

  with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert predict.main(['--server', f'http://127.0.0.1:{server.server_address[1]}', 'good']) == 1
    server.shutdown()
  line, = capsys.readouterr().err.splitlines()
  assert message in line


# The documentation.


_DOCUMENT = (_PROJECT / 'docs' / 'serving.md').read_text(encoding='utf-8')


def _blocks(language):
  return re.findall(rf'^```{language}\n(.*?)^```$', _DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize('block', _blocks('python'), ids=lambda block: block.partition('\n')[0])
def test_the_documented_clients_work(block, model_dir, rest, grpc_target, capsys):
  for documented, actual in (
      ('http://localhost:8501', rest), ('localhost:8500', grpc_target),
      ('output/serving/sentiment/1795485444', f'{model_dir}/10'), ('output/serving/sentiment', model_dir)):
    block = block.replace(documented, actual)
  exec(compile(block, 'docs/serving.md', 'exec'), {})  # pylint: disable=exec-used
  shown = [float(number) for number in re.findall(r'0\.\d+', capsys.readouterr().out)]
  assert shown[0] == pytest.approx(probability('remember'), abs=1e-4)


def test_there_is_a_documented_client_of_each_kind():
  kinds = ('import predict', 'import tensorflow', 'import urllib', 'import grpc')
  assert [kind for kind in kinds if any(kind in block for block in _blocks('python'))] == list(kinds)


def test_the_documented_requests_give_answers_of_the_documented_form(rest):
  requests = re.findall(r"curl http://localhost:8501(\S+) -d \\\n  '(.*)'$", _DOCUMENT, re.MULTILINE)
  documented = [json.loads(block) for block in _blocks('json')]
  assert len(requests) == len(documented) == 3
  for (path, body), expected in zip(requests, documented):
    with urllib.request.urlopen(rest + path, body.encode(), timeout=30) as answer:
      found = json.load(answer)
    (key, rows), = found.items()
    assert key in expected and [len(row) for row in rows] == [len(row) for row in expected[key]]
    assert [row[0] for row in rows] == pytest.approx(
        [probability('remember'), probability('hours')][:len(rows)], abs=1e-6)


def test_the_documented_commands_are_understood():
  commands = re.findall(r'^python predict\.py ([^<#\n]*)', ''.join(_blocks('sh')), re.MULTILINE)
  assert len(commands) == 10
  for command in commands:
    predict.parse(re.findall(r'"[^"]*"|\S+', command))


@pytest.mark.parametrize('name, content', [
    ('a.txt.gz', 'x' * 2000), ('a.jsonl.gz', '{"text": "' + 'x' * 2000), ('a.csv.gz', 'text\n' + 'x' * 2000)])
def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(name, content, tmp_path, monkeypatch):
  monkeypatch.setattr(predict, '_LONGEST', 1000)
  (tmp_path / name).write_bytes(gzip.compress(content.encode()))
  with pytest.raises(ValueError, match=f'{name}, row 1: 1,000 characters without an end'):
    list(predict.read(str(tmp_path / name), 'text'))
