"""A package of version 2, run step by step to a pushed model, without a baseline and with one."""

import json
import pathlib

import pytest

from components.imdb_example_gen import readers
from components.teacher_scores import outputs
from tests.e2e import pipeline_runs
from tests.kubeflow import back_end_v2
from tests.kubeflow import image as image_lib
from tests.kubeflow import packages

pytestmark = pytest.mark.slow


def test_a_package_pushes_and_the_next_run_has_a_baseline(place, tmp_path):
  volume = place.v2 / 'a volume'
  volume.mkdir()
  reviews = packages.write_reviews(volume / 'reviews.jsonl')
  package, student = tmp_path / 'package.yaml', tmp_path / 'student.yaml'
  flags = '--model', 'bow_sparse', *packages.NO_THRESHOLDS
  packages.compile_package('v2', package, volume, *flags)
  image = image_lib.WarmImage(place.image)
  back_end = back_end_v2.BackEnd(place.v2 / 'back end')
  parameters = {'data': str(reviews), 'min_accuracy': 0.5, 'min_auc': 0.5}

  first = back_end.run(package, image, train_steps=40, **parameters)
  assert 'path' not in dict(back_end.inputs['Evaluator']['baseline'][0].metadata)
  assert dict(first['Evaluator']['blessing'][0].metadata)['blessed'] == 1
  serving = volume / 'serving' / 'sentiment'
  assert len(list(serving.glob('[0-9]*'))) == 1
  card = json.loads(next(serving.glob('*/assets.extra/model_card/model_card.json')).read_text())
  assert (card['model']['seed'], card['model']['step']) == (0, 40)
  assert card['data']['content_hash'] == readers.content_hash(parameters['data'])
  report = first['ReportGen']['report'][0]
  assert report.type.schema_title == 'system.HTML' and dict(report.metadata)['display_name'] == 'report'
  page = pathlib.Path(report.uri).read_text()
  assert page.startswith('<!DOCTYPE html>') and 'Blessed and pushed' in page
  good, bad = pipeline_runs.predict(serving, 'A great film, I loved it.', 'Awful and boring, avoid it!', cwd=tmp_path)
  assert good > bad

  version, = serving.glob('[0-9]*')
  packages.compile_package('v2', student, volume, *flags, '--teacher', version.name, '--teacher-reviews', '100')
  second = back_end.run(student, image, train_steps=60, **{**parameters, 'min_accuracy': 0.99})
  for role in ('baseline', 'best'):
    found = dict(back_end.inputs['Evaluator'][role][0].metadata)
    assert found['path'] == str(version)
    assert found['model_uri'] == first['Trainer']['model'][0].uri
  assert dict(second['Trainer']['model'][0].metadata)['step'] == 60
  scores = pathlib.Path(second['TeacherScores']['teacher_scores'][0].uri, outputs.SCORES_FILE).read_text()
  assert len(scores.splitlines()) == 100
  assert 'ImportSchemaGen' not in back_end.executed
  assert {'ImdbExampleGen', 'Pusher'} <= set(back_end.executed)
  assert not dict(second['Evaluator']['blessing'][0].metadata).get('blessed')
  assert len(list(serving.glob('[0-9]*'))) == 1
