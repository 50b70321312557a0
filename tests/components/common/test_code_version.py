import pathlib
import subprocess

import pytest

from components.common import code_version
from components.common import hashing


@pytest.fixture(name='project')
def _project(tmp_path, monkeypatch):
  monkeypatch.setattr(code_version, '_ROOT', tmp_path)
  monkeypatch.delenv(code_version.COMMIT_VARIABLE, raising=False)
  return tmp_path


def _git(project, *arguments):
  command = ['git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', *arguments]
  return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_says_whether_the_code_differs(project, monkeypatch):
  (project / 'models').mkdir()
  (project / 'models' / '__init__.py').touch()
  (project / 'requirements.lock').write_text('a==1\n')
  _git(project, 'init', '-q')
  _git(project, 'add', '.')
  _git(project, 'commit', '-q', '-m', 'a')
  commit = _git(project, 'rev-parse', 'HEAD')
  monkeypatch.setenv('GIT_DIR', '/nowhere')  # as in a hook
  (project / 'output').mkdir()
  (project / 'output' / 'model').touch()
  lock_hash = hashing.file_hash(str(project / 'requirements.lock'))
  assert code_version.read_code_version() == {'git_commit': commit, 'lock_hash': lock_hash}
  (project / 'models' / 'untracked.py').touch()
  assert code_version.read_code_version()['git_commit'] == f'{commit}-dirty'


def test_code_without_a_repository_has_the_commit_of_its_image(monkeypatch):
  # A copy within another repository, whose commit says nothing about it.
  monkeypatch.setattr(code_version, '_ROOT', pathlib.Path(__file__).parent)
  assert code_version.read_code_version() == {'git_commit': 'unknown', 'lock_hash': 'unknown'}
  monkeypatch.setenv(code_version.COMMIT_VARIABLE, 'abc')
  assert code_version.read_code_version()['git_commit'] == 'abc'


def test_code_without_git_is_unknown(project, monkeypatch):
  (project / '.git').mkdir()
  monkeypatch.setenv('PATH', '')
  assert code_version.read_code_version()['git_commit'] == 'unknown'
