"""Runs under conditions that a user's machine may have: none of them is a reason for another result, or a traceback."""

import os

import pytest

from components.imdb_example_gen import sample
from pipeline import facts
from pipeline import metadata
from tests.e2e import pipeline_runs

_FLAGS = ('--model', 'bow_sparse', '--train-steps', 40, '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5')


@pytest.fixture(scope='module')
def reviews(tmp_path_factory):
  path = tmp_path_factory.mktemp('data') / 'reviews.jsonl.gz'
  sample.write(str(path), 400)
  return path


def test_no_home_another_locale_and_another_hash_seed_change_nothing(reviews, tmp_path, monkeypatch):
  found = []
  for number, changes in enumerate(({'PYTHONHASHSEED': '1'}, {'PYTHONHASHSEED': '2', 'LC_ALL': 'C', 'LANG': 'C'})):
    for name, value in changes.items():
      monkeypatch.setenv(name, value)
    if number:
      monkeypatch.delenv('HOME', raising=False)
    output_dir = tmp_path / str(number)
    pipeline_runs.run(
        pipeline_runs.PROJECT, '--data', reviews, '--output-dir', output_dir, *_FLAGS, cwd='/', check=None)
    found.append(facts.validation(metadata.Store(str(output_dir)).latest('Evaluator')).metrics)
  assert found[0] == pytest.approx(found[1], abs=1e-4)


@pytest.mark.parametrize('directory', ['file/output', '/proc/output'])
def test_an_output_directory_that_cannot_be_made_is_one_line(reviews, tmp_path, directory):
  (tmp_path / 'file').touch()
  output = pipeline_runs.run(
      pipeline_runs.PROJECT, '--data', reviews, '--output-dir', tmp_path / directory, *_FLAGS, check=2)
  assert 'cannot be written' in output and len(output.splitlines()) == 1
  assert os.path.basename(directory) in output
