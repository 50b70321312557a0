"""`make clean-runs`: it asks, and removes what runs have written, and nothing else."""

import io
import os
import re

import pytest

from pipeline import layout
from pipeline.local import lock
from pipeline.local import remove_runs
from tests import documents


@pytest.fixture(name='output_dir')
def _output_dir(tmp_path):
  """An output directory with something of everything, a link, and a file that no run has written."""
  output_dir, linked = tmp_path / 'output', tmp_path / 'linked'
  for place in layout.artifacts, layout.serving, layout.reports, layout.tensorboard:
    os.makedirs(os.path.join(place(str(output_dir)), '7'))
  linked.mkdir()
  (linked / 'run.log').touch()
  os.symlink(linked, layout.logs(str(output_dir)))
  for name in 'metadata.db', 'run.lock', 'notes.txt':
    (output_dir / name).touch()
  return output_dir


@pytest.mark.parametrize('answer', ['', 'no\n', 'y\n'])
def test_without_a_yes_nothing_is_removed(output_dir, answer, monkeypatch, capsys):
  before = sorted(output_dir.rglob('*'))
  monkeypatch.setattr('sys.stdin', io.StringIO(answer))
  assert remove_runs.main(['--output-dir', str(output_dir)]) == 2
  shown = capsys.readouterr()
  assert 'with 1 pushed versions?' in shown.out and shown.err == 'remove_runs: nothing was removed\n'
  assert sorted(output_dir.rglob('*')) == before


def test_a_yes_removes_the_runs_and_nothing_else(output_dir, monkeypatch, capsys):
  monkeypatch.setattr('sys.stdin', io.StringIO('yes\n'))
  assert remove_runs.main(['--output-dir', str(output_dir)]) == 0
  assert os.listdir(output_dir) == ['notes.txt'] and (output_dir.parent / 'linked' / 'run.log').exists()
  assert remove_runs.main(['--output-dir', str(output_dir)]) == 0
  assert 'no runs here' in capsys.readouterr().out


def test_a_directory_in_use_is_left_alone(output_dir, monkeypatch, capsys):
  monkeypatch.setattr('sys.stdin', io.StringIO('yes\n'))
  with lock.hold(str(output_dir)):
    assert remove_runs.main(['--output-dir', str(output_dir)]) == 2
  assert 'in use by another run' in capsys.readouterr().err and (output_dir / 'artifacts').exists()


def test_make_clean_removes_environments_only():
  recipe = re.search(r'^clean:\n\t(.*)\n', documents.read('Makefile'), re.MULTILINE)[1]
  assert recipe == 'rm -rf .venv .uv'
