"""A package of version 1, run step by step to a pushed model, its metadata in a MariaDB."""

import pytest

from pipeline.tensorboard import folder
from tests.e2e import pipeline_runs
from tests.kubeflow import back_end_v1
from tests.kubeflow import image as image_lib
from tests.kubeflow import packages


@pytest.mark.skipif(bool(back_end_v1.MISSING), reason=str(back_end_v1.MISSING))
def test_a_workflow_runs_to_a_pushed_model(tmp_path):
  volume = tmp_path / 'volume'
  volume.mkdir()
  reviews = packages.write_reviews(volume / 'reviews.jsonl')
  package = tmp_path / 'package.yaml'
  packages.compile_package('v1', package, volume, '--model', 'bow_sparse', *packages.NO_BARS)
  image = image_lib.Image(tmp_path / 'image')
  parameters = {'data': reviews, 'train_steps': 40, 'min_accuracy': 0.5, 'min_auc': 0.5}
  with back_end_v1.metadata_store(tmp_path / 'db') as metadata_config:
    pages = back_end_v1.run(package, image, metadata_config, tmp_path / 'logs', 'run-1', **parameters)
    assert folder.update(str(volume), back_end_v1.connection(metadata_config)) == ['bow_sparse-1']
  serving = volume / 'serving' / 'sentiment'
  assert len(list(serving.glob('[0-9]*'))) == 1
  good, bad = pipeline_runs.predict(serving, 'A great film, I loved it.', 'Awful and boring, avoid it!', cwd=tmp_path)
  assert good > bad
  shown = {output['type']: output['source'] for output in pages['trainer']['outputs']}
  assert shown['tensorboard'].startswith(f'{volume}/artifacts/Trainer/model_run')
  assert '**train\\_steps**: 40' in shown['markdown']
  report = next(output for output in pages['reportgen']['outputs'] if output['type'] == 'web-app')
  assert report['storage'] == 'inline' and report['source'].startswith('<!DOCTYPE html>')
  assert 'Blessed and pushed' in report['source']
