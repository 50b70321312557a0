"""The pages of the documentation: links, paths, answers, manifests, settings and versions."""

import importlib.metadata
import importlib.util
import json
import re
import types
import urllib.parse

from apache_beam.options import pipeline_options
import kubernetes
import pytest
import tensorflow as tf
import yaml

from models import features as keys
from models import model
from models.training import distributed
from pipeline import layout
from pipeline.kubeflow import step_settings
from tests import documents

_MAX_README_LINES = 150
_QUESTIONS = (
    'the AUC threshold', 'the tokenisation', 'the retry policy of a Kubeflow step', 'the wording of a progress line',
    'the precision-recall plot', 'the atomic push', 'the REST error body', 'a patch of Beam', 'the list of models',
    'the GloVe initialisation', 'the latency check', 'the learning-rate schedule', 'the choice of the baseline',
    'the test against the baseline',
    'the reader of CSV and other tables', 'the words that explain a prediction', 'what a teacher may have seen',
    'the cache key of code')
# Capitals in commands and manifests that are not values for the reader to supply.
_NOT_VALUES = {'CODE_COMMIT', 'PYTHONPATH', 'PATH', 'PWD', 'EXTERNAL', 'VIRTUAL_ENV', 'GPU', 'FLINK_PROPERTIES', 'PS',
               'ARGS'}


# Links and paths.


def test_readme_is_short():
  assert len(documents.read('README.md').splitlines()) <= _MAX_README_LINES


def _links(page):
  """(target without anchor, anchor) of each relative link or image of a page."""
  for target in re.findall(r'\]\(([^)\s]+)\)', documents.without_blocks(page)):
    if not urllib.parse.urlsplit(target).scheme:
      yield target.partition('#')[::2]


def _anchors(page):
  """The anchors that GitHub gives the headings of a page."""
  headings = re.findall(r'^#+ (.*)$', documents.without_blocks(page), re.MULTILINE)
  return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def test_readme_links_each_page():
  linked = {target for target, _ in _links('README.md')}
  assert {page for page in documents.PAGES if page.startswith('docs/')} | {'CONTRIBUTING.md', 'CHANGELOG.md'} <= linked


@pytest.mark.parametrize('page', documents.PAGES)
def test_links_lead_somewhere(page):
  folder = (documents.PROJECT / page).parent
  for target, anchor in _links(page):
    path = (folder / target).resolve() if target else documents.PROJECT / page
    assert path.exists(), f'{page}: {target} does not exist'
    if anchor:
      assert anchor in _anchors(path.relative_to(documents.PROJECT)), f'{page}: {target} has no heading #{anchor}'


def test_images_are_used():
  used = {(documents.PROJECT / page).parent.joinpath(target).resolve()
          for page in documents.PAGES for target, _ in _links(page)}
  assert set((documents.PROJECT / 'docs' / 'images').iterdir()) <= used


def _named_paths(text):
  """Paths of this project in a text, as far as they are marked as code."""
  roots = '|'.join((*layout.PACKAGES, 'benchmarks', 'deploy', 'docs', 'notebooks', 'tests', 'tools'))
  return re.findall(rf'`((?:{roots})/[\w./-]*)`', text)


@pytest.mark.parametrize('page', [page for page in documents.PAGES if page != 'CHANGELOG.md'])
def test_named_paths_exist(page):
  for path in _named_paths(documents.without_blocks(page)):
    if path != 'models/networks/mine.py':  # the model that the reader adds
      assert (documents.PROJECT / path).exists(), f'{page}: {path} does not exist'


@pytest.mark.parametrize('page', documents.PAGES)
def test_named_modules_exist(page):
  for module in re.findall(r'python -m ((?:benchmarks|components|models|pipeline|serving|tools)[\w.]*)',
                           documents.read(page)):
    assert page == 'CHANGELOG.md' or importlib.util.find_spec(module), f'{page}: no module {module}'


def test_architecture_answers_each_question():
  _, _, section = documents.read('docs/architecture.md').partition('## Where is ...?')
  answers = dict(re.findall(r'^\| ([^|]+) \| ([^|]*`[^|]+) \|$', section, re.MULTILINE))
  assert tuple(answers) == _QUESTIONS
  for question, answer in answers.items():
    assert _named_paths(answer), f'{question}: no path'


def test_components_describe_themselves():
  for component in (documents.PROJECT / 'components').glob('*/component.py'):
    assert component.with_name('progress_line.py').exists(), f'{component.parent.name} has no progress_line.py'


def test_changelog_ends_in_the_version():
  version = re.search(r'^version = "(.*)"', documents.read('pyproject.toml'), re.MULTILINE)[1]
  assert re.findall(r'^## \[([\d.]+)\]', documents.read('CHANGELOG.md'), re.MULTILINE)[0] == version


# Code, settings and manifests.


@pytest.mark.parametrize('page', documents.PAGES)
def test_python_compiles(page):
  for block in documents.blocks(page, 'python'):
    compile(block, page, 'exec')
  for command in documents.commands(page):
    if '-c' in command.words and 'python' in command.words[0]:
      compile(command.words[command.words.index('-c') + 1], page, 'exec')


def test_documented_model_builds():
  block = next(block for block in documents.blocks('docs/models.md', 'python') if 'MINE' in block)
  namespace = {'__name__': 'mine'}
  exec(compile(block, 'docs/models.md', 'exec'), namespace)  # pylint: disable=exec-used
  mine = namespace['MINE']
  params = model.Params(hparams=mine.hparams.replace({'units': '128'}), vocab_size=100, seed=0)
  with tf.Graph().as_default():
    tokens = tf.ones([2, 5], tf.int64)
    features = {keys.TOKENS: tokens, keys.SHORT_TOKENS: tokens, keys.LENGTH: tf.constant([5, 3], tf.int64)}
    tf.compat.v1.train.create_global_step()
    spec = mine.model_fn(features, tf.constant([0, 1], tf.int64), tf.estimator.ModeKeys.TRAIN, params)
    hidden, = (each for each in tf.compat.v1.trainable_variables() if each.name == 'hidden/kernel:0')
    assert spec.train_op is not None and hidden.shape[1] == 128
  path, = re.findall(r"`'mine': '(.*)',`", documents.read('docs/models.md'))
  assert path == 'models.networks.mine:MINE'


def test_kubeflow_settings_are_valid(tmp_path):
  block, = (block for block in documents.blocks('docs/kubeflow.md', 'yaml') if 'kind:' not in block)
  (tmp_path / 'cluster.yaml').write_text(block)
  step_settings.read(tmp_path / 'cluster.yaml')


def _manifests():
  for block in documents.blocks('docs/kubeflow.md', 'yaml'):
    if 'kind:' in block:
      yield from yaml.safe_load_all(block)
  yield from yaml.safe_load(documents.read('deploy/flink.yaml'))['items']


def _shape(value):
  """Keys and lengths without the values: Kubernetes takes numbers as quantities, where its Python model has texts."""
  if isinstance(value, dict):
    return {key: _shape(inner) for key, inner in value.items()}
  return [_shape(inner) for inner in value] if isinstance(value, list) else None


def _known_to_kubernetes(value, kind):
  """What the Python model of a kind keeps of a manifest: it drops unknown fields."""
  client = kubernetes.client.ApiClient()
  return client.sanitize_for_serialization(client.deserialize(types.SimpleNamespace(data=json.dumps(value)), kind))


def test_manifests_have_known_fields():
  kinds = []
  for manifest in _manifests():
    kinds.append(manifest['kind'])
    assert _shape(_known_to_kubernetes(manifest, f'V1{kinds[-1]}')) == _shape(manifest)
  assert sorted(set(kinds)) == ['Deployment', 'PersistentVolumeClaim', 'Pod', 'Service']


def test_training_job_has_known_fields():
  job = yaml.safe_load(documents.read('deploy/tfjob.yaml'))
  assert (job['apiVersion'], job['kind']) == ('kubeflow.org/v1', 'TFJob')
  replicas = job['spec']['tfReplicaSpecs']
  assert set(replicas) == {'Chief', 'Worker', 'PS', 'Evaluator'}
  for replica in replicas.values():
    assert set(replica) == {'replicas', 'restartPolicy', 'template'}
    template = replica['template']
    assert _shape(_known_to_kubernetes(template, 'V1PodTemplateSpec')) == _shape(template)
    container, = template['spec']['containers']
    assert container['name'] == 'tensorflow'  # The operator gives TF_CONFIG to the container of this name.
    assert container['command'][:3] == ['python', '-m', 'models.training.distributed']
    assert distributed.parse(container['command'][3:]).settings == ['train_steps=2000']


@pytest.mark.parametrize('page, others', [
    ('docs/kubeflow.md', ()), ('docs/scale.md', ('deploy/flink.yaml', 'deploy/tfjob.yaml'))])
def test_values_to_supply_are_explained(page, others):
  rows = re.findall(r'^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*)[^|]* \| ', documents.read(page), re.MULTILINE)
  named = {name for row in rows for name in re.findall('`([A-Z_]+)`', row)}
  texts = [*documents.blocks(page, 'sh', 'yaml'), *(re.sub('#.*', '', documents.read(name)) for name in others)]
  used = {word for text in texts for word in re.findall(r'(?<![\w$-])[A-Z][A-Z_]{2,}(?![\w])', text)} - _NOT_VALUES
  assert used == named


def test_versions_are_those_of_the_lock():
  beam = re.search(r'^apache-beam==(\S+)', documents.read('requirements.lock'), re.MULTILINE)[1]
  texts = '\n'.join(map(documents.read, ('docs/scale.md', 'deploy/flink.yaml', 'deploy/worker.Dockerfile')))
  assert set(re.findall(r'apache/beam_\S+:(\S+)', texts)) == {beam}
  assert set(re.findall(r'Beam (\d+\.\d+)', texts)) == {beam.rpartition('.')[0]}
  flink = set(re.findall(r'flink:?(\d\.\d+)', texts))
  assert len(flink) == 1 and flink <= set(pipeline_options.FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS)


def test_cuda_is_what_tensorflow_requires():
  required = [each for each in importlib.metadata.requires('tensorflow') if 'and-cuda' in each]
  locked = re.findall(r'^(nvidia\S+)==(\S+)', documents.read('requirements-gpu.lock'), re.MULTILINE)
  assert sorted(locked) == sorted(re.match(r'(\S+) \(==(\S+)\)', each).groups() for each in required)
