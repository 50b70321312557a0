"""A small encoder is fine-tuned and pushed, and then trained further, by what it says of unlabeled texts."""

import json

import pytest

from components.versioned_pusher import push_and_rollback
from pipeline import layout
from pipeline.sources import sample_data
from tests import encoders
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow
_UNLABELED = 40
_SETTINGS = [f'--set={setting}' for setting in (
    'encoder.max_pieces=48', 'augmentation=0', 'reads=none', 'min_accuracy=0.3', 'min_auc=0.3',
    'min_slice_accuracy=none', 'max_accuracy_drop=1', 'min_minimum_functionality=0', 'min_direction=0',
    'min_invariance=0', 'max_cpu_ratio=none')]


def test_a_pushed_encoder_teaches_and_is_trained_further(tmp_path):
  project, serving = pipeline_runs.copy_project(tmp_path / 'project'), layout.serving(str(tmp_path / 'output'))
  sample_data.write_sample(str(tmp_path / 'reviews.jsonl.gz'), 300)
  texts = [text for text, _ in sample_data.generate_reviews(_UNLABELED, seed=9)]
  (tmp_path / 'texts.jsonl').write_text(''.join(json.dumps({'text': text}) + '\n' for text in texts))
  flags = ['--data', tmp_path / 'reviews.jsonl.gz', '--output-dir', tmp_path / 'output', '--model', 'encoder',
           '--train-steps', 20, *_SETTINGS]
  output = pipeline_runs.run(project, *flags, '--encoder', encoders.write(tmp_path / 'encoder'))
  assert 'a fine-tuned classifier' in output and 'Pusher' in pipeline_runs.executed(output)
  teacher = push_and_rollback.newest_version(serving)
  before = pipeline_runs.predict(serving, 'A great film.', cwd=tmp_path)
  output = pipeline_runs.run(
      project, *flags, '--encoder', teacher.path, '--teacher', teacher.number, '--teacher-saw-eval',
      '--unlabeled', tmp_path / 'texts.jsonl', '--set=encoder.teacher_weight=0')
  assert f'{_UNLABELED} of {_UNLABELED} texts scored' in output
  student = push_and_rollback.newest_version(serving)
  model = push_and_rollback.read_manifest(student.path)['model']
  assert student.number > teacher.number
  assert (model['teacher'], model['encoder']) == (str(teacher.number), str(teacher.path))
  assert pipeline_runs.predict(serving, 'A great film.', cwd=tmp_path) != before
