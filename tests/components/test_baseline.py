"""Baseline: what the serving directory says becomes artifacts, and the key under which they are cached."""

import pathlib
from types import SimpleNamespace

import tensorflow as tf
from tfx import v1 as tfx
from tfx.orchestration.portable import data_types

from components.baseline import component
from components.baseline import executor
from components.baseline import progress_line
from components.common import artifacts
from components.common import examples
from components.common import review_scores
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions

_types = tfx.types.standard_artifacts


class _Pipeline:
  """The models that a pipeline trains, and the serving directory to which some of them are pushed."""

  def __init__(self, top):
    self._top = top
    self.destination = str(top / 'serving')
    self.examples = _types.Examples()
    self.examples.uri = str(top / 'examples')
    self.examples.set_string_custom_property('content_hash', 'of the source')
    self.examples.set_int_custom_property('test', 3)
    split = top / 'examples' / 'Split-test'
    split.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(split / 'data.gz'), 'GZIP') as writer:
      for number in range(3):
        writer.write(examples.encode_example(b'review %d' % number, number % 2).SerializeToString())

  def train(self, name):
    """Return the inputs of the component for a model."""
    model = _types.Model()
    model.uri = str(self._top / name)
    directory = self._top / name / 'Format-Serving'
    directory.mkdir(parents=True, exist_ok=True)
    (directory / 'saved_model.pb').write_text(name)
    return {'model': [model], 'examples': [self.examples]}

  def push(self, name, accuracy, **manifest):
    """Push a model with what an older release recorded, and more; returns the number."""
    model = self.train(name)['model'][0]
    return push_and_rollback.push(f'{model.uri}/Format-Serving', self.destination, {
        'model_uri': model.uri, 'model': {'model': name}, 'metrics': {'binary_accuracy': accuracy},
        'data': [{'content_hash': 'of the source', 'test': 3}], **manifest}, lambda unused_copy: None, 5).number

  def find(self, name):
    """Run driver and executor for a model; returns the cache key and, by output, the properties found."""
    properties = {'destination': self.destination, 'split': 'test', 'code': '1'}
    inputs = self.train(name)
    output = component.Driver(None).run(data_types.ExecutionInfo(input_dict=inputs, exec_properties=properties))
    outputs = {role: [artifacts.ServedVersion()] for role in served_versions.ROLES}
    executor.Executor().Do(inputs, outputs, properties)
    found = {role: {key: each.get_custom_property(key) for key in ('path', 'version', 'model', 'accuracy')}
             for role, (each,) in outputs.items() if each.has_custom_property('path')}
    return output.exec_properties['destination_state'].string_value, found


def test_the_first_model_has_no_baseline(tmp_path):
  assert _Pipeline(tmp_path).find('a') == ('', {})


def test_outputs_and_key_follow_pushes_and_rollbacks(tmp_path):
  pipeline = _Pipeline(tmp_path)
  a = pipeline.push('a', 0.9)
  assert pipeline.find('a') == ('', {})  # an unchanged second run
  key, found = pipeline.find('b')
  assert found['baseline'] == found['best'] == {
      'path': f'{pipeline.destination}/{a}', 'version': str(a), 'model': 'a', 'accuracy': 0.9}
  # A model that was refused is compared with the same again: nothing was pushed.
  assert pipeline.find('refused') == (key, found)
  b = pipeline.push('b', 0.85)
  assert pipeline.find('b') == (key, found)
  other_key, found = pipeline.find('c')
  assert {role: each['version'] for role, each in found.items()} == {'baseline': str(b), 'best': str(a)}
  copy = push_and_rollback.roll_back(pipeline.destination, a).number
  last_key, found = pipeline.find('c')
  assert found['baseline']['version'] == found['best']['version'] == str(copy)
  assert len({key, other_key, last_key}) == 3


def test_the_best_is_known_by_its_test_reviews(tmp_path):
  pipeline = _Pipeline(tmp_path)
  data_hash = review_scores.hash_split(pipeline.examples.uri, 'test')
  of_older_release = pipeline.push('a', 0.9)
  same = pipeline.push('b', 0.95, test_hash=data_hash, data=[{'content_hash': 'with unlabeled reviews', 'test': 3}])
  pipeline.push('c', 0.99, test_hash='of other reviews', data=[{'content_hash': 'of another source', 'test': 3}])
  assert pipeline.find('d')[1]['best']['version'] == str(same)
  pipeline.push('e', 0.8, test_hash=data_hash)
  push_and_rollback.roll_back(pipeline.destination, of_older_release)  # withdraws those after it
  assert pipeline.find('d')[1]['best']['model'] == 'a'


def test_version_that_no_push_made_is_a_baseline(tmp_path):
  pipeline = _Pipeline(tmp_path)
  version = pathlib.Path(pipeline.destination, '7')
  version.mkdir(parents=True)
  (version / 'saved_model.pb').write_text('a model')
  _, found = pipeline.find('a')
  assert found == {'baseline': {'path': str(version), 'version': '7', 'model': '', 'accuracy': None}}


def test_the_line_names_both_versions():
  def line(**roles):
    execution = SimpleNamespace(value=lambda role, name: roles.get(role, {}).get(name))
    return progress_line.describe(execution).text
  served = {'path': '/s/8', 'version': '8', 'model': 'cnn', 'accuracy': 0.875}
  assert line() == 'no other version to compare with'
  assert line(baseline=served, best=served) == 'served: version 8 (cnn, test accuracy 0.8750)'
  assert line(baseline={'path': '/s/9', 'version': '9'}, best=served) == (
      'served: version 9; best version kept: version 8 (cnn, test accuracy 0.8750)')
