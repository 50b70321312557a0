"""Steps whose files are in an object store: what is copied before and after them."""

import json

import pytest

from components.common import object_store
from pipeline.kubeflow import object_copies
from tests.components import test_working_copy


@pytest.fixture(name='bucket')
def _bucket(tmp_path, monkeypatch):
  monkeypatch.setattr(test_working_copy.Folder, 'root', tmp_path / 'store')
  monkeypatch.setattr(test_working_copy.Folder, 'changes_left', 100)
  monkeypatch.setattr(object_store, 'Folder', test_working_copy.Folder)
  monkeypatch.setattr(object_copies.tempfile, 'gettempdir', lambda: str(tmp_path / 'tmp'))
  bucket = tmp_path / 'store' / 'b'
  for name in 'reviews.csv', 'model/a/x', 'model-2/y', 'serving/7/saved_model.pb', 'serving/8/saved_model.pb':
    (bucket / name).parent.mkdir(parents=True, exist_ok=True)
    (bucket / name).write_text(name)
  (bucket / 'serving' / '7' / 'assets.extra').mkdir()
  (bucket / 'serving' / '7' / 'assets.extra' / 'manifest.json').write_text('{}')
  return bucket


def _arguments(report, data='s3://b/reviews.csv'):
  return ['--executor_class_path', 'x', '--json_serialized_invocation_args', json.dumps({
      'inputs': {
          'parameterValues': {'data': data, 'destination': 's3://b/serving', 'steps': 3, 'text': 'as s3://b/x'},
          'artifacts': {
              'model': {'artifacts': [{'uri': 's3://b/model', 'metadata': {'model_uri': 's3://b/none'}}]},
              'baseline': {'artifacts': [{'uri': 's3://b/nothing', 'metadata': {'path': 's3://b/serving/7'}}]},
              'pushed': {'artifacts': [{'metadata': {'pushed_destination': 's3://b/serving/7'}}]}}},
      'outputs': {'artifacts': {'report': {'artifacts': [{'uri': 's3://b/out/report'}]}}, 'outputFile': str(report)}})]


def test_a_step_has_copies_and_the_back_end_has_urls(bucket, tmp_path):
  report = tmp_path / 'report.json'
  with object_copies.use_copies(_arguments(report)) as changed:
    copies = tmp_path / 'tmp' / 'object-store' / 'b'
    given = json.loads(changed[-1])
    values = given['inputs']['parameterValues']
    assert values == {'data': f'{copies}/reviews.csv', 'destination': f'{copies}/serving', 'steps': 3,
                      'text': 'as s3://b/x'}
    assert given['inputs']['artifacts']['pushed']['artifacts'][0]['metadata']['pushed_destination'] == 's3://b/serving/7'
    assert (copies / 'reviews.csv').read_text() == 'reviews.csv' and (copies / 'model' / 'a' / 'x').exists()
    assert not (copies / 'model-2').exists()
    assert [path.name for path in (copies / 'serving').glob('[0-9]*')] == ['7']  # the other one is incomplete
    output = given['outputs']['artifacts']['report']['artifacts'][0]['uri']
    (copies / 'out' / 'report').write_text('a page')
    report.write_text(json.dumps({'uri': output, 'path': f'{copies}/serving/9'}))
    manifest = copies / 'serving' / '9' / 'assets.extra' / 'manifest.json'
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({'model_uri': f'{copies}/model', 'data': [{'uri': f'{copies}/examples'}]}))
  assert (bucket / 'out' / 'report').read_text() == 'a page'
  assert json.loads((bucket / 'serving' / '9' / 'assets.extra' / 'manifest.json').read_text()) == {
      'model_uri': 's3://b/model', 'data': [{'uri': 's3://b/examples'}]}
  assert (bucket / 'serving' / '7' / 'assets.extra' / 'manifest.json').read_text() == '{}'
  assert json.loads(report.read_text()) == {'uri': 's3://b/out/report', 'path': 's3://b/serving/9'}


def test_a_step_that_fails_publishes_nothing(bucket, tmp_path):
  with pytest.raises(SystemExit), object_copies.use_copies(_arguments(tmp_path / 'report.json')):
    (tmp_path / 'tmp' / 'object-store' / 'b' / 'out' / 'report').write_text('half of a page')
    raise SystemExit(1)
  assert not (bucket / 'out').exists()


def test_missing_data_ends_the_step_with_one_line(bucket, tmp_path):
  with pytest.raises(SystemExit, match='s3://b/others.csv: no such object or folder'):
    with object_copies.use_copies(_arguments(tmp_path / 'report.json', 's3://b/others.csv')):
      pass


def test_a_step_without_urls_stays_as_it_is(tmp_path):
  arguments = ['--json_serialized_invocation_args', '{"outputs": {"outputFile": "/mnt/report.json"}}']
  with object_copies.use_copies(arguments) as changed:
    assert changed == arguments
