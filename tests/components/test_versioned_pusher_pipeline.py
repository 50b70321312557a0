"""VersionedPusher in real pipelines, and its executor alone, as on Kubeflow: what is pushed, refused and cached."""

import os
import pathlib
import resource
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
from tfx import v1 as tfx
from tfx.types import artifact_utils

from components.common import examples
from components.common import review_scores
from components.common import version_comparison
from components.common.artifacts import BehaviourReport
from components.common.artifacts import ModelCard
from components.versioned_pusher import executor
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import warmup
from components.versioned_pusher.component import VersionedPusher
from models import features
from pipeline.results import metadata

_types = tfx.types.standard_artifacts
_VERDICTS = {'model_blessing': _types.ModelBlessing, 'infra_blessing': _types.InfraBlessing,
             'behaviour_report': BehaviourReport}


_SCORES = review_scores.ReviewScores(
    np.array(['a'], object), np.array([7], np.uint64), np.array([1]), np.array([0.9], np.float32))
_COMPARED = version_comparison.Compared(
    'baseline', 7, 'cnn', 'a hash', 'uri', 0.99, None, 0.01, (-0.01, 0.03), 0.5, 1, 0, False)


class _LengthModel(tf.Module):
  """Scores a text by its length, through the two signatures of our models."""

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
  def predict_text(self, text):
    return {'scores': tf.sigmoid(tf.cast(tf.strings.length(text), tf.float32) / 100)[:, tf.newaxis]}

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
  def serving_default(self, examples):
    return self.predict_text(tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})['text'])


def _record(number):
  return examples.encode_example(f'review {number}: {"good " * number}'.encode()).SerializeToString()


@pytest.fixture(scope='module')
def inputs(tmp_path_factory):
  """Directories of artifacts: the models a and b, 40 raw examples, a card."""
  top = tmp_path_factory.mktemp('artifacts')
  for name in 'ab':
    module = _LengthModel()
    module.told_apart_by = tf.Variable(name)
    tf.saved_model.save(module, str(top / name / 'Format-Serving'), signatures={
        'serving_default': module.serving_default, 'predict_text': module.predict_text})
  (top / 'examples' / 'Split-test').mkdir(parents=True)
  with tf.io.TFRecordWriter(str(top / 'examples' / 'Split-test' / 'data.gz'), 'GZIP') as writer:
    for number in range(40):
      writer.write(_record(number))
  (top / 'card').mkdir()
  (top / 'card' / 'model_card.json').write_text('{"metrics": {"binary_accuracy": 0.875}, "thresholds": [0.8]}')
  for name in (*_VERDICTS, 'evaluation'):
    (top / name).mkdir()
  review_scores.write_scores([_SCORES], str(top / 'evaluation' / review_scores.FILE))
  version_comparison.write_comparison(version_comparison.Comparison(
      1, 0, _SCORES.data_hash, 0.01, False, (_COMPARED,)), str(top / 'evaluation'))
  return top


def _do(inputs, destination, blessed=None, optional=True):
  """Run the executor without driver or context; returns `pushed_model`.

  Args:
    inputs: the fixture.
    destination: where to push to.
    blessed: verdicts that differ from 1, by input; None leaves the property out.
    optional: False gives what the component requires only.
  """
  def artifact(kind, name, **properties):
    made = kind()
    made.uri = str(inputs / name)
    for key, value in properties.items():
      if value is not None:
        made.set_int_custom_property(key, value)
    return [made]

  given = {'model': artifact(_types.Model, 'a', best_step=70)}
  for name, kind in _VERDICTS.items():
    if optional or name == 'model_blessing':
      given[name] = artifact(kind, name, blessed={**dict.fromkeys(_VERDICTS, 1), **(blessed or {})}[name])
  if optional:
    given['model_card'] = artifact(ModelCard, 'card')
    given['examples'] = artifact(_types.Examples, 'examples', reviews=40)
    given['evaluation'] = artifact(_types.ModelEvaluation, 'evaluation')
    given['examples'][0].split_names = artifact_utils.encode_split_names(['test'])
  output = _types.PushedModel()
  executor.Executor().Do(given, {'pushed_model': [output]}, {
      'destination': str(destination), 'keep': 5, 'model_name': 'sentiment',
      'split': 'test', 'code': '1'})
  return output


@pytest.mark.parametrize('verdict', _VERDICTS)
@pytest.mark.parametrize('value', [0, None])
def test_each_verdict_alone_refuses(inputs, tmp_path, verdict, value):
  output = _do(inputs, tmp_path / 'serving', {verdict: value})
  assert output.get_int_custom_property('pushed') == 0 and not (tmp_path / 'serving').exists()
  assert output.get_string_custom_property('reason') == f'refused by {executor.VERDICTS[verdict]}'


def test_push_is_recorded_and_has_warm_up_requests(inputs, tmp_path):
  output = _do(inputs, tmp_path / 'serving')
  version, = push_and_rollback.list_versions(str(tmp_path / 'serving'))
  assert output.get_int_custom_property('pushed') == 1
  assert output.get_string_custom_property('pushed_destination') == str(version.path)
  assert output.get_string_custom_property('pushed_version') == str(version.number)
  manifest = version.manifest
  assert manifest['sha256'] == push_and_rollback.content_hash(str(version.path)) == push_and_rollback.content_hash(
      str(inputs / 'a' / 'Format-Serving'))
  assert manifest['model']['best_step'] == 70 and manifest['data'][0]['reviews'] == 40
  assert manifest['metrics'] == {'binary_accuracy': 0.875} and manifest['thresholds'] == [0.8]
  assert {name: verdict['blessed'] for name, verdict in manifest['verdicts'].items()} == dict.fromkeys(_VERDICTS, 1)
  assert manifest['test_hash'] == _SCORES.data_hash and not manifest['ignored_baseline']
  compared = manifest[push_and_rollback.COMPARED_WITH]['baseline']
  assert (compared['version'], compared['sha256'], compared['interval']) == (7, 'a hash', [-0.01, 0.03])
  own = review_scores.read_scores(review_scores.path_in_version(str(version.path)))
  assert own.score == _SCORES.score and own.review_id == _SCORES.review_id
  assert (version.path / 'assets.extra' / 'model_card' / 'model_card.json').exists()
  model = tf.saved_model.load(str(version.path))
  records = tf.data.TFRecordDataset(str(version.path / 'assets.extra' / 'tf_serving_warmup_requests'))
  called = []
  for record in records.as_numpy_iterator():
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    feeds = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
    scores = model.signatures[request.model_spec.signature_name](**feeds)['scores'].numpy()
    np.testing.assert_allclose(scores[0], 1 / (1 + np.exp(-len('review 0: ') / 100)), rtol=1e-6)
    called.append((request.model_spec.name, request.model_spec.signature_name, len(scores)))
  assert sorted(called) == sorted(
      ('sentiment', name, size) for name in features.SCORING_SIGNATURES.values() for size in (1, 32))


def test_model_and_blessing_are_enough(inputs, tmp_path):
  _do(inputs, tmp_path / 'serving', optional=False)
  version, = push_and_rollback.list_versions(str(tmp_path / 'serving'))
  assert os.listdir(version.path / 'assets.extra') == ['manifest.json']
  assert tf.saved_model.load(str(version.path)).signatures['predict_text'](tf.constant(['a']))['scores'].shape == (1, 1)


def test_disk_full_at_the_warm_up_requests_leaves_nothing(tmp_path):
  (tmp_path / 'model').mkdir()
  (tmp_path / 'model' / 'saved_model.pb').write_text('small')
  texts = [b'x' * 10_000] * warmup.MAX_TEXTS
  limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
  try:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    with pytest.raises(push_and_rollback.PushError, match='the push failed .*File too large.*: nothing was pushed'):
      push_and_rollback.push(str(tmp_path / 'model'), str(tmp_path / 'serving'), {},
                    lambda copy: warmup.write_requests(copy, texts, 'sentiment'), 5)
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)
  assert os.listdir(tmp_path / 'serving') == ['.lock']


def test_keeping_no_version_is_refused():
  with pytest.raises(ValueError, match='keep must be at least 1, not 0'):
    VersionedPusher(model=None, model_blessing=None, destination='', code='', keep=0)


def _run(inputs, top, model, blessed=1):
  """Run a pipeline of imported artifacts and the pusher; returns 'ran' or 'cached', and the newest model's name."""
  def imported(kind, name, **properties):
    return tfx.dsl.Importer(
        source_uri=str(inputs / name), artifact_type=kind, custom_properties=properties or None,
    ).with_id(f'Import_{name}_{properties.get("blessed", "")}')

  nodes = {'model': imported(_types.Model, model)}
  nodes.update({name: imported(kind, name, blessed=blessed) for name, kind in _VERDICTS.items()})
  pusher = VersionedPusher(
      **{name: node.outputs['result'] for name, node in nodes.items()}, destination=str(top / 'serving'), code='1',
  ).with_id('Pusher')
  tfx.orchestration.LocalDagRunner().run(tfx.dsl.Pipeline(
      pipeline_name='pushing', pipeline_root=str(top / 'artifacts'), components=[*nodes.values(), pusher],
      enable_cache=True,
      metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
          str(top / 'metadata.db'))))
  store = metadata.Store(str(top))._store
  kinds = {kind.id: kind.name for kind in store.get_execution_types()}
  last = max((one for one in store.get_executions() if kinds[one.type_id].endswith('VersionedPusher')),
             key=lambda one: one.id)
  found = push_and_rollback.list_versions(str(top / 'serving'))
  served = pathlib.Path(found[-1].manifest['model_uri']).name if found else None
  return {3: 'ran', 5: 'cached'}[last.last_known_state], served


@pytest.mark.slow
def test_pipeline_pushes_only_a_model_that_is_not_the_newest(inputs, tmp_path):
  assert _run(inputs, tmp_path, 'a', blessed=0) == ('ran', None)
  assert _run(inputs, tmp_path, 'a', blessed=0) == ('cached', None)  # nothing was pushed, and nothing is to be
  assert _run(inputs, tmp_path, 'a') == ('ran', 'a')
  assert _run(inputs, tmp_path, 'a') == ('cached', 'a')
  assert _run(inputs, tmp_path, 'b') == ('ran', 'b')
  assert _run(inputs, tmp_path, 'a') == ('ran', 'a')  # again, on top of b
  assert _run(inputs, tmp_path, 'a') == ('cached', 'a')
  numbers = [version.number for version in push_and_rollback.list_versions(str(tmp_path / 'serving'))]
  assert len(numbers) == 3
  newest = push_and_rollback.list_versions(str(tmp_path / 'serving'))[-1].manifest
  assert newest['pipeline'] == 'pushing' and newest['run'] and len(newest['state']) == 32
  shutil.rmtree(tmp_path / 'serving')
  assert _run(inputs, tmp_path, 'a') == ('ran', 'a')
  assert len(push_and_rollback.list_versions(str(tmp_path / 'serving'))) == 1


@pytest.mark.slow
def test_identical_model_from_another_training_is_cached(inputs, tmp_path):
  copy = tmp_path / 'inputs'
  shutil.copytree(inputs, copy)
  shutil.copytree(copy / 'a', copy / 'same')
  assert _run(copy, tmp_path, 'a') == ('ran', 'a')
  assert _run(copy, tmp_path, 'same') == ('ran', 'a')  # finds it there
  assert _run(copy, tmp_path, 'same') == ('cached', 'a')
