"""Code fingerprints: an edit of a file changes the cache keys of what depends on it, and of nothing else."""

import json
import re

import pytest

from components.common import code_version
from pipeline import config as config_lib
from pipeline import fingerprints
from pipeline import layout
from pipeline import pipeline as pipeline_lib
from tests.e2e import pipeline_runs

_TRAINING = {'Tuner', 'Trainer'}
_AROUND_TRAINING = {
    'ImdbExampleGen', 'DataGate', 'AugmentationGen', 'WordVectors', 'Baseline', 'BehaviourValidator', 'Evaluator',
    'ServingValidator', 'ModelCardGen', 'Pusher', 'ReportGen'}


@pytest.fixture(name='project')
def _project(tmp_path, monkeypatch):
  """An empty project to write modules into."""
  monkeypatch.setattr(fingerprints, '_ROOT', tmp_path)
  return tmp_path


def _write(project, path, text=''):
  (project / path).parent.mkdir(parents=True, exist_ok=True)
  (project / path).write_text(text)


@pytest.mark.parametrize('imports', [
    'import models.text.b', 'import models.text.b as b', 'from models.text import b',
    'from models.text.b import VALUE',
    'from . import b', 'from .b import VALUE', 'from ..text import b',
    'from .. import text\nfrom ..text.b import VALUE',
    'def later():\n  from .b import VALUE', 'try:\n  from . import b\nexcept ImportError:\n  b = None'])
def test_each_form_of_import_is_followed(project, imports):
  _write(project, 'models/text/a.py', imports + '\n')
  _write(project, 'models/text/b.py', 'from models import c\n')
  _write(project, 'models/c.py', 'VALUE = 1\n')
  _write(project, 'models/d.py', 'VALUE = 1\n')
  hashes = [fingerprints.hash_code('models.text.a')]
  for path in ('models/text/b.py', 'models/c.py', 'models/text/a.py'):
    with (project / path).open('a') as file:
      file.write('EDITED = True\n')
    hashes.append(fingerprints.hash_code('models.text.a'))
  assert len(set(hashes)) == 4
  _write(project, 'models/d.py', 'VALUE = 2\n')
  assert fingerprints.hash_code('models.text.a') == hashes[-1]


def test_relative_imports_of_a_package_start_at_itself(project):
  _write(project, 'models/text/__init__.py', 'from .b import VALUE\nfrom ..c import OTHER\n')
  _write(project, 'models/text/b.py', 'VALUE = 1\n')
  _write(project, 'models/c.py', 'OTHER = 1\n')
  _write(project, 'models/b.py', 'VALUE = 1\n')
  before = fingerprints.hash_code('models.text')
  _write(project, 'models/b.py', 'VALUE = 2\n')
  assert fingerprints.hash_code('models.text') == before
  for path in ('models/text/b.py', 'models/c.py'):
    before = fingerprints.hash_code('models.text')
    _write(project, path, 'VALUE = 2\n')
    assert fingerprints.hash_code('models.text') != before


def test_code_in_enclosing_packages_counts(project):
  _write(project, 'models/__init__.py', 'from . import b\n')
  _write(project, 'models/text/__init__.py')
  _write(project, 'models/text/a.py')
  _write(project, 'models/b.py')
  for path in ('models/text/__init__.py', 'models/b.py', 'models/__init__.py'):
    before = fingerprints.hash_code('models.text.a')
    _write(project, path, 'VALUE = 1\n')
    assert fingerprints.hash_code('models.text.a') != before


@pytest.fixture(scope='module', name='copied_project')
def _copied_project(tmp_path_factory):
  """A copy of the project's packages to edit."""
  return pipeline_runs.copy_project(tmp_path_factory.mktemp('copy') / 'project')


def _cache_keys():
  """The properties of each component of a pipeline that has all of them."""
  config = config_lib.PipelineConfig(
      data='reviews.csv', output_dir='output', model='cnn_pretrained', embeddings='vectors.txt', tune_trials=2,
      hparams={'augment_plain': 0.1})
  nodes = pipeline_lib.create_pipeline(config).components
  return {node.id: json.dumps(node.exec_properties, default=str, sort_keys=True) for node in nodes}


@pytest.fixture(scope='module', name='cache_keys')
def _unedited_cache_keys():
  return _cache_keys()


@pytest.mark.parametrize('edited, runs_again', [
    ('compat/tfma.py', {'Evaluator'}),
    ('compat/beam.py', set()),
    ('components/augmentation_gen/words.py', {'AugmentationGen'}),
    ('components/common/artifacts.py', _TRAINING | _AROUND_TRAINING),
    ('components/common/evaluation_results.py', {'Evaluator', 'ModelCardGen', 'ReportGen'}),
    ('components/imdb_example_gen/readers.py', {'ImdbExampleGen'}),
    ('components/trainer/executor.py', {'Trainer'}),
    ('models/features.py', _TRAINING | _AROUND_TRAINING | {'Transform'}),
    ('models/networks/cnn.py', _TRAINING),
    ('models/networks/layers.py', _TRAINING),
    ('models/networks/linear.py', set()),
    ('models/registry.py', set()),
    ('models/text/preprocessing.py', {'ImdbExampleGen', 'Transform', 'DataGate'}),
    ('models/training/loop.py', _TRAINING),
    ('pipeline/metrics/log_loss.py', {'Evaluator'}),
    ('pipeline/local/run.py', set()),
    ('pipeline/pipeline.py', set()),
    ('serving/batch_prediction.py', set()),
])
def test_an_edit_runs_what_depends_on_it(copied_project, cache_keys, monkeypatch, edited, runs_again):
  monkeypatch.setattr(fingerprints, '_ROOT', copied_project)
  content = (copied_project / edited).read_bytes()
  (copied_project / edited).write_bytes(content + b'\n# edited\n')
  after = _cache_keys()
  (copied_project / edited).write_bytes(content)
  assert {name for name in cache_keys if after[name] != cache_keys[name]} == runs_again


def test_the_commit_is_in_no_cache_key(cache_keys, monkeypatch):
  monkeypatch.setenv(code_version.COMMIT_VARIABLE, 'another')
  assert code_version.read_code_version()['git_commit'] == 'another' and _cache_keys() == cache_keys


def test_lists_of_packages_agree():
  project = pipeline_runs.PROJECT
  read = lambda path: (project / path).read_text(encoding='utf-8')
  packages = set(layout.PACKAGES)
  assert packages == {path.parent.name for path in project.glob('*/__init__.py')} - {'tests', 'benchmarks', 'tools'}
  assert dict(re.findall(r'^COPY \["(\w+)", "/app/(\w+)"\]$', read('Dockerfile'), re.M)) == {
      name: name for name in packages}
  assert {line[1:] for line in read('.dockerignore').splitlines() if line[0] == '!' and '.' not in line} == packages
  copied, = re.findall(r'^cp -r "\$project"/{(.*)} "\$root/app"$', read('tests/kubeflow/replay_dockerfile.sh'), re.M)
  assert {name for name in copied.split(',') if '.' not in name} == packages
  settings = read('pyproject.toml')
  installed, = re.findall(r'^include = \[(.*)\]$', settings, re.M)
  checked, = re.findall(r'^packages = \[(.*)\]$', settings, re.M)
  assert set(re.findall(r'"(\w+)\*"', installed)) == set(re.findall(r'"(\w+)"', checked)) == packages
