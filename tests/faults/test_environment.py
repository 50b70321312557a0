"""Conditions that a user's machine may have: none of them changes a result or causes a traceback."""

import gzip
import os

import pytest

from components.evaluator import progress_line as evaluator_progress_line
from pipeline.results import metadata
from pipeline.sources import sample_data
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow

_FLAGS = ('--model', 'bow_sparse', '--train-steps', 40, '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5')
_SECRET = 'geheim-5f3a9c'


@pytest.fixture(scope='module')
def reviews(tmp_path_factory):
  path = tmp_path_factory.mktemp('data') / 'reviews.jsonl.gz'
  sample_data.write_sample(str(path), 400)
  return path


def test_home_locale_and_hash_seed_change_nothing(reviews, tmp_path, monkeypatch):
  found = []
  for name in ('AWS_SECRET_ACCESS_KEY', 'GOOGLE_API_KEY', 'HF_TOKEN', 'PASSWORD'):
    monkeypatch.setenv(name, _SECRET)
  monkeypatch.setenv('HTTPS_PROXY', f'http://me:{_SECRET}@127.0.0.1:9')
  for number, changes in enumerate(({'PYTHONHASHSEED': '1'}, {'PYTHONHASHSEED': '2', 'LC_ALL': 'C', 'LANG': 'C'})):
    for name, value in changes.items():
      monkeypatch.setenv(name, value)
    if number:
      monkeypatch.delenv('HOME', raising=False)
    output_dir = tmp_path / str(number)
    output = pipeline_runs.run(
        pipeline_runs.PROJECT, '--data', reviews, '--output-dir', output_dir, *_FLAGS, cwd='/', check=None)
    assert _SECRET not in output
    evaluator = metadata.Store(str(output_dir)).latest_execution('Evaluator')
    found.append(evaluator_progress_line.load_evaluation(evaluator).metrics)
  assert found[0] == pytest.approx(found[1], abs=1e-4)
  written = [path for path in tmp_path.rglob('*') if path.is_file()]
  assert {'metadata.db', 'run.lock', 'saved_model.pb'} <= {path.name for path in written}
  for path in written:
    content = path.read_bytes()
    assert _SECRET.encode() not in (gzip.decompress(content) if path.suffix == '.gz' else content), path


@pytest.mark.parametrize('directory', ['file/output', '/proc/output'])
def test_an_unwritable_output_directory_is_one_line(reviews, tmp_path, directory):
  (tmp_path / 'file').touch()
  output = pipeline_runs.run(
      pipeline_runs.PROJECT, '--data', reviews, '--output-dir', tmp_path / directory, *_FLAGS, check=2)
  assert '--output-dir' in output and 'cannot be written' in output and len(output.splitlines()) == 1
  assert os.path.basename(directory) in output
