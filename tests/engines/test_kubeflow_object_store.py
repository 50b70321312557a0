"""A package of version 2 whose data, artifacts and versions are on a real S3 server, run step by step, twice.

Each step starts without the files of the others, as in a container of its own.
"""

import json
import shutil

import pytest

from components.versioned_pusher import push_and_rollback
from pipeline.sources import sample_data
from tests.engines import s3_store
from tests.kubeflow import back_end_v2
from tests.kubeflow import image as image_lib
from tests.kubeflow import packages

pytestmark = pytest.mark.engines
_OUTPUT = 's3://bucket/runs'


class _Containers:
  """Runs each step by an image with the credentials of a store, and deletes afterwards what it left in /tmp."""

  def __init__(self, store, directory):
    self._image = image_lib.WarmImage(image_lib.Image(directory, directory.parent / 'back end'))
    self._variables = {name: value for name, value in store.environment.items() if name.startswith('AWS_')}
    self._variables['PYTHONPATH'] = f'{directory / "app"}:{store.environment["PYTHONPATH"]}'
    self._copies = directory / 'home' / 'object-store'

  def run(self, command, log):
    try:
      return self._image.run(command, log, **self._variables)
    finally:
      shutil.rmtree(self._copies, ignore_errors=True)


def test_a_package_pushes_to_a_bucket_and_finds_its_baseline(tmp_path):
  with s3_store.start(tmp_path / 's3') as store:
    sample_data.write_sample(str(store.bucket / 'reviews.jsonl.gz'), 600)
    package = tmp_path / 'package.yaml'
    packages.compile_package(
        'v2', package, '/nowhere', '--model', 'bow_sparse', '--output-dir', _OUTPUT, '--set', 'augmentation=0',
        *packages.NO_THRESHOLDS, settings='volume_claim: null')
    image = _Containers(store, tmp_path / 'image')
    back_end = back_end_v2.BackEnd(tmp_path / 'back end', f'{_OUTPUT}/artifacts')
    parameters = {'data': 's3://bucket/reviews.jsonl.gz', 'min_accuracy': 0.5, 'min_auc': 0.5}
    first = back_end.run(package, image, train_steps=40, **parameters)
    second = back_end.run(package, image, train_steps=60, **{**parameters, 'min_accuracy': 0.99})
    assert store.proxy.broken > 5

  version, = (store.bucket / 'runs' / 'serving' / 'sentiment').glob('[0-9]*')
  manifest = push_and_rollback.read_manifest(version)
  assert push_and_rollback.content_hash(str(version)) == manifest['sha256']
  assert str(tmp_path) not in json.dumps(manifest) and manifest['model_uri'] == first['Trainer']['model'][0].uri
  url = f'{_OUTPUT}/serving/sentiment/{version.name}'
  assert dict(first['Pusher']['pushed_model'][0].metadata)['pushed_destination'] == url
  assert dict(back_end.inputs['Evaluator']['baseline'][0].metadata)['path'] == url
  assert not dict(second['Evaluator']['blessing'][0].metadata).get('blessed')
  card = json.loads((version / 'assets.extra' / 'model_card' / 'model_card.json').read_text())
  assert card['model']['step'] == 40
  page = store.bucket / first['ReportGen']['report'][0].uri.removeprefix('s3://bucket/')
  assert 'Blessed and pushed' in page.read_text() and f'<code>{url}</code>' in page.read_text()
  for directory in tmp_path / 'back end', store.bucket:
    for path in directory.rglob('*'):
      assert not path.is_file() or s3_store.SECRET.encode() not in path.read_bytes(), path
  assert s3_store.SECRET not in package.read_text()
