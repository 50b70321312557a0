"""kubeflow_runner.py: packages for every model, what they contain and what they do not, and submission."""

import http.server
import json
import os
import subprocess
import sys
import threading

from google.protobuf import json_format
from hera.workflows import models as argo
from kfp.pipeline_spec import pipeline_spec_pb2
import pytest
import yaml

import kubeflow_runner
from models import model as model_lib
from models import registry
from pipeline.kubeflow import command_line as kubeflow_command_line
from pipeline.local import command_line
from tests import forks
from tests.kubeflow import back_end_v1
from tests.kubeflow import back_end_v2
from tests.kubeflow import image

_V1, _V2 = 'package.yaml', 'package.json'
_LAUNCHER = ['python', '-m', 'pipeline.kubeflow.launcher']


_VERTEX = 'volume_claim: null\nmount_path: /gcs/bucket\n'


def _compile(directory, engine, *flags):
  path = directory / (_V1 if engine == 'v1' else _V2)
  if engine == 'v2' and '--config' not in flags:
    (directory / 'vertex.yaml').write_text(_VERTEX)
    flags += ('--config', str(directory / 'vertex.yaml'))
  assert kubeflow_runner.main(['compile', '--engine', engine, '--output', str(path), *flags]) == 0
  return path.read_text()


def _load(package):
  return yaml.load(package, yaml.CSafeLoader)


def _flags(name):
  model = registry.get(name)
  vectors = model.word_vectors is model_lib.WordVectors.REQUIRED
  return ['--model', name, *(['--embeddings', '/mnt/sentiment/glove.txt'] if vectors else []),
          *(['--encoder', '/mnt/sentiment/minilm'] if model.is_encoder else [])]


def test_compile_takes_the_flags_of_local_runs():
  actions = kubeflow_command_line.build_parser()._actions
  commands, = (action.choices for action in actions if isinstance(action.choices, dict))
  local, compile_ = ({flag for action in parser._actions for flag in action.option_strings}
                     for parser in (command_line.build_parser(), commands['compile']))
  assert local - compile_ == {
      '--compare', '--encoder-sha256', '--explain-cache', '--open', '--state-dir', '--verbose'}


def test_word_vectors_can_be_learned_in_a_cluster(tmp_path):
  spec = json.loads(_compile(tmp_path, 'v2', '--model', 'cnn_pretrained', '--embeddings', 'reviews'))['pipelineSpec']
  parameters = spec['root']['dag']['tasks']['WordVectors']['inputs']['parameters']
  assert parameters['embeddings']['runtimeValue']['constant'] == 'reviews'


def _parse_as_argo(workflow):
  """Return a workflow without keys that Argo's own model does not know; a value of a wrong type raises ValueError."""
  return json.loads(argo.Workflow.parse_obj(workflow).json(by_alias=True, exclude_none=True))


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[] if name == 'cnn_pretrained' else pytest.mark.slow) for name in registry.MODELS])
def test_every_model_compiles(name, tmp_path):
  workflow = _load(_compile(tmp_path, 'v1', *_flags(name)))
  assert _parse_as_argo(workflow) == workflow
  nodes = {template['name'] for template in workflow['spec']['templates']}
  steps = {task['name'] for template in workflow['spec']['templates']
           for task in template.get('dag', {}).get('tasks', ())}
  assert {'imdbexamplegen', 'transform', 'trainer', 'evaluator', 'pusher'} <= steps <= nodes
  assert ('wordvectors' in steps) == ('--embeddings' in _flags(name))
  assert ('encoder' in steps) == ('--encoder' in _flags(name))
  for template in workflow['spec']['templates']:
    if 'container' in template:
      assert template['container']['command'] == [*_LAUNCHER, back_end_v1.MODULE]
      assert template['container']['resources']['limits']
      assert template['container']['imagePullPolicy'] == 'IfNotPresent'
  job = pipeline_spec_pb2.PipelineJob()
  json_format.Parse(_compile(tmp_path, 'v2', *_flags(name)), job)
  spec = json_format.ParseDict(json_format.MessageToDict(job.pipeline_spec), pipeline_spec_pb2.PipelineSpec())
  commands = [executor['container']['command'] for executor in json_format.MessageToDict(spec)['deploymentSpec'][
      'executors'].values() if 'container' in executor]
  assert len(commands) > 10 and all(command == [*_LAUNCHER, back_end_v2.MODULE] for command in commands)
  assert f'\\"model\\": \\"{name}\\"' in json.dumps(json_format.MessageToDict(spec)).replace('\\\\\\"', '\\"')
  defaults = {key: json_format.MessageToDict(parameter.default_value)
              for key, parameter in spec.root.input_definitions.parameters.items()}
  assert defaults == {'data': '/gcs/bucket/aclImdb_v1.tar.gz', 'train_steps': registry.get(name).hparams.train_steps,
                      'min_accuracy': 0.8, 'min_auc': 0.88, 'min_slice_accuracy': 0.7, 'max_accuracy_drop': 0.01}


def test_the_model_of_argo_refuses_a_wrong_workflow(tmp_path):
  workflow = _load(_compile(tmp_path, 'v1'))
  container = next(template['container'] for template in workflow['spec']['templates'] if 'container' in template)
  container['imagePullPolicies'] = container.pop('imagePullPolicy')
  assert _parse_as_argo(workflow) != workflow
  container['args'] = 'one text'
  with pytest.raises(ValueError, match='args'):
    _parse_as_argo(workflow)


@pytest.mark.parametrize('engine', ['v1', 'v2'])
def test_compiling_takes_and_leaves_nothing_but_the_package(engine, tmp_path, monkeypatch):
  directory = tmp_path / 'a private folder'
  directory.mkdir()
  monkeypatch.chdir(directory)
  monkeypatch.setenv('IMDB_DATA', '/home/somebody/reviews.csv')
  monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'geheim-1234')
  volume = tmp_path / 'volume'
  package = _compile(directory, engine, '--output-dir', str(volume))
  assert str(volume) in package and not volume.exists()
  assert len(list(directory.iterdir())) == (1 if engine == 'v1' else 2)  # with the settings for Vertex AI
  for private in (str(directory), str(image.PROJECT), sys.prefix, os.path.expanduser('~') + '/', 'somebody', 'geheim'):
    assert private not in package


def _is_sorted(value):
  """Whether the keys of a package are sorted on all levels, also in the JSON of TFX's IR."""
  if isinstance(value, dict):
    return list(value) == sorted(value) and all(map(_is_sorted, value.values()))
  if isinstance(value, list):
    ir = value[value.index('--tfx_ir') + 1] if '--tfx_ir' in value else '{}'
    return _is_sorted(json.loads(ir)) and all(map(_is_sorted, value))
  return True


@pytest.mark.parametrize('engine', ['v1', 'v2'])
def test_a_package_compiles_to_the_same_bytes(engine, tmp_path):
  package = _compile(tmp_path, engine)
  assert _compile(tmp_path, engine) == package
  # TFX writes keys in the order of a set, which differs from process to process.
  assert _is_sorted(_load(package)) and not _is_sorted(['--tfx_ir', '{"nodes": [{"b": 1, "a": 2}]}'])


@pytest.mark.slow
def test_version_2_says_what_its_packages_leave_out(tmp_path, capsys):
  job = json.loads(_compile(tmp_path, 'v2'))
  notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith('note: ')]
  assert any('name pipeline-runner when you submit' in note for note in notes)
  assert any('not checked for drift' in note for note in notes)
  assert any('the Pusher refuses /gcs/bucket' in note for note in notes)
  assert job['runtimeConfig']['gcsOutputDirectory'] == 'gs://bucket/artifacts'
  (tmp_path / 'other.yaml').write_text('volume_claim: null')
  job = json.loads(_compile(tmp_path, 'v2', '--config', str(tmp_path / 'other.yaml')))
  assert 'gcsOutputDirectory' not in job['runtimeConfig']  # /mnt/sentiment is no bucket
  capsys.readouterr()
  _compile(tmp_path, 'v1')
  assert 'drift' not in capsys.readouterr().out


@pytest.mark.parametrize('flags, has_baseline', [((), True), (('--ignore-baseline',), False)])
def test_version_2_needs_no_resolver_for_the_baseline(tmp_path, flags, has_baseline):
  spec = json.loads(_compile(tmp_path, 'v2', *flags))['pipelineSpec']
  assert not any('resolver' in executor for executor in spec['deploymentSpec']['executors'].values())
  tasks = spec['root']['dag']['tasks']
  assert ('Baseline' in tasks) == has_baseline
  assert {'baseline', 'best'} & set(tasks['Evaluator']['inputs']['artifacts']) == (
      {'baseline', 'best'} if has_baseline else set())


@pytest.mark.parametrize('flags, message', [
    (['--engine', 'v1', '--output', 'package.json'], 'a package for v1 ends in .yaml'),
    (['--engine', 'v2', '--output', 'nowhere/package.yaml'], 'the directory nowhere does not exist'),
    (['--engine', 'v2', '--model', 'rnn'], "unknown model 'rnn'"),
    (['--engine', 'v2', '--model', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained'),
    (['--engine', 'v2', '--config', 'missing.yaml'], 'missing.yaml cannot be read as YAML'),
    (['--engine', 'v2', '--set', 'wide_cnn.filterz=1'], "unknown key 'filterz'"),
    (['--engine', 'v2', '--output', 'package.json'], 'volume_claim: Vertex AI mounts no claims'),
    (['--engine', 'v1', '--output-dir', 's3://b/runs'], '--output-dir s3://b/runs: steps of version 1 read and'),
    (['--engine', 'v2', '--output', 'a.json', '--data', 's3://b/a.csv'], '--data s3://b/a.csv: steps on Vertex AI'),
    (['--engine', 'v2', '--output-dir', 'gs://b/runs'], 'gs://b/runs: gs:// is not read directly'),
])
def test_a_usage_error_is_one_line(flags, message, tmp_path, monkeypatch, capsys):
  monkeypatch.chdir(tmp_path)
  assert kubeflow_runner.main(['compile', *flags]) == 2
  error = capsys.readouterr().err
  assert message in error and error.count('\n') == 1
  assert not list(tmp_path.iterdir())


class _Kubeflow(http.server.BaseHTTPRequestHandler):
  """The part of Kubeflow Pipelines' v1 API that a submission calls."""

  def do_GET(self):  # pylint: disable=invalid-name
    self._answer({'experiments': []} if 'experiments' in self.path else {})

  def do_POST(self):  # pylint: disable=invalid-name
    body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
    self.server.requests.append((self.path, dict(self.headers), body))
    self._answer({'run': {'id': 'run-7'}} if 'runs' in self.path else {'id': 'experiment-3', 'name': body['name']})

  def _answer(self, value):
    self.send_response(200)
    self.send_header('Content-Type', 'application/json')
    self.end_headers()
    self.wfile.write(json.dumps(value).encode())

  def log_message(self, *unused_arguments):
    pass


@pytest.fixture(name='kubeflow')
def _kubeflow():
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Kubeflow)
  server.requests = []
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield server
  server.shutdown()
  server.server_close()


@pytest.mark.slow
def test_a_submission_gives_the_run_its_parameters(kubeflow, tmp_path, capsys, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path))
  _compile(tmp_path, 'v1', '--model', 'bow_sparse')
  (tmp_path / 'token').write_text('secret-token\n')
  endpoint = f'http://127.0.0.1:{kubeflow.server_port}'
  capsys.readouterr()
  assert kubeflow_runner.main([
      'submit', str(tmp_path / _V1), '--endpoint', endpoint, '--parameter', 'train_steps=77', '--token-file',
      str(tmp_path / 'token')]) == 0
  output = capsys.readouterr().out
  assert f'{endpoint}/#/runs/details/run-7' in output and 'secret-token' not in output
  path, headers, body = next(request for request in kubeflow.requests if request[0].endswith('/runs'))
  assert path == '/apis/v1beta1/runs' and headers['authorization' if 'authorization' in headers else 'Authorization']
  given = {each['name']: each['value'] for each in body['pipeline_spec']['parameters']}
  assert given == {'train_steps': '77'}
  assert yaml.safe_load(body['pipeline_spec']['workflow_manifest'])['kind'] == 'Workflow'


@pytest.mark.slow
def test_errors_of_a_submission_are_one_line(tmp_path, capsys):
  v2 = tmp_path / 'v2.yaml'
  assert kubeflow_runner.main(['compile', '--engine', 'v2', '--output', str(v2)]) == 0
  _compile(tmp_path, 'v1')
  (tmp_path / 'text.yaml').write_text('just a text')
  for package, flags, message in (
      ('v2.yaml', [], 'is of version 2'), ('text.yaml', [], 'is not a package'), ('none.yaml', [], 'cannot be read'),
      (_V1, ['--parameter', 'steps=1'], 'the package has no such parameter; choose from: pipeline-root, data'),
      (_V1, ['--parameter', 'steps'], 'expected KEY=VALUE'),
      (_V1, ['--token-file', '/no/such/file'], '--token-file /no/such/file cannot be read'),
      (_V1, [], 'Kubeflow Pipelines refused the run: Failed to establish a new connection')):
    capsys.readouterr()
    assert kubeflow_runner.main(
        ['submit', str(tmp_path / package), '--endpoint', 'http://127.0.0.1:9', *flags]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


@pytest.mark.slow
def test_local_runs_need_no_kfp(tmp_path):
  program = ('import pipeline.local.run; from pipeline.local import command_line; '
             'command_line.build_parser().parse_args(["--model", "cnn"])')
  environment = {**os.environ, 'PYTHONPATH': str(image.PROJECT)}
  python = forks.interpreter(has_kfp=False).executable
  subprocess.run([python, '-c', program], env=environment, check=True, capture_output=True)
  process = subprocess.run(
      [python, str(image.PROJECT / 'kubeflow_runner.py'), 'compile', '--engine', 'v1'], env=environment,
      cwd=tmp_path, capture_output=True, text=True, check=False)
  assert process.returncode == 2 and process.stderr.splitlines()[-1] == (
      'kubeflow_runner.py: kfp is not installed: run `make setup`')
