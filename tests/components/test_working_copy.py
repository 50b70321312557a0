"""Versions in an object store: others see a version complete or not at all, whenever a push stops."""

import pathlib
import shutil
import sys

import pytest

from components.common import object_store
from components.versioned_pusher import __main__ as command_line
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import working_copy

_URL = 's3://bucket/models'


class Folder:
  """A folder of an object store that is a directory, and fails at the n-th change."""

  root, changes_left = None, 10**6

  def __init__(self, url):
    self.url = url
    self._directory = self.root / url.removeprefix('s3://')

  def list_objects(self, below=''):
    return {name: object_store.Object(path.stat().st_size, '') for path in sorted(self._directory.rglob('*'))
            if path.is_file() and (name := path.relative_to(self._directory).as_posix()).startswith(below)}

  def download(self, name, path):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(self._directory / name, path)

  def upload(self, path, name):
    self._change()
    (self._directory / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, self._directory / name)

  def delete(self, names):
    for name in names:
      self._change()
      (self._directory / name).unlink()

  def _change(self):
    type(self).changes_left -= 1
    if self.changes_left < 0:
      raise OSError('the store is gone')


@pytest.fixture(autouse=True)
def _store(tmp_path, monkeypatch):
  monkeypatch.setattr(Folder, 'root', tmp_path / 'store')
  monkeypatch.setattr(Folder, 'changes_left', 10**6)
  monkeypatch.setattr(object_store, 'Folder', Folder)
  monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))


def _model(tmp_path, content):
  directory = tmp_path / content
  for name in ('saved_model.pb', 'variables/variables.index'):
    (directory / name).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(content)
  return str(directory)


def _push(tmp_path, content, keep=5):
  with working_copy.open_versions(_URL, publish=True) as directory:
    return push_and_rollback.push(_model(tmp_path, content), directory, {}, lambda _: None, keep).number


def _seen_elsewhere(tmp_path, monkeypatch, name='elsewhere'):
  """The models that another machine finds, each complete."""
  with monkeypatch.context() as patch:
    patch.setenv('XDG_STATE_HOME', str(tmp_path / name))
    with working_copy.open_versions(_URL) as directory:
      versions = push_and_rollback.list_versions(directory)
      assert all(push_and_rollback.content_hash(str(each.path)) == each.manifest['sha256'] for each in versions)
      return [(each.path / 'saved_model.pb').read_text() for each in versions]


def test_another_machine_sees_pushes_pins_and_rollbacks(tmp_path, monkeypatch, capsys):
  first = _push(tmp_path, 'a')
  _push(tmp_path, 'b')
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['a', 'b']
  monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'elsewhere'))
  assert command_line.main(['rollback', _URL, str(first)]) == 0
  assert f'{_URL}/' in capsys.readouterr().out
  assert command_line.main(['pin', _URL, str(first)]) == 0
  monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))
  assert command_line.main(['list', _URL]) == 0
  lines = capsys.readouterr().out.splitlines()[-3:]
  assert 'pinned' in lines[0] and f'copy of {first}' in lines[2] and 'live' in lines[2]


def test_a_push_that_stops_anywhere_is_not_seen(tmp_path, monkeypatch):
  _push(tmp_path, 'a', keep=1)
  for changes in range(20):
    monkeypatch.setattr(Folder, 'changes_left', changes)
    try:
      _push(tmp_path, 'b', keep=1)
    except OSError:
      assert _seen_elsewhere(tmp_path, monkeypatch) in ([], ['a'], ['b'], ['a', 'b'])
      assert _seen_elsewhere(tmp_path, monkeypatch, f'new-{changes}') in ([], ['a'], ['b'], ['a', 'b'])
    else:
      break
  assert 1 < changes < 19
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['b']
  assert len({name.partition('/')[0] for name in object_store.Folder(_URL).list_objects()}) == 1  # nothing is left over


def test_pushes_of_two_machines_end_whole(tmp_path, monkeypatch):
  with working_copy.open_versions(_URL, publish=True) as directory:
    with monkeypatch.context() as patch:  # in the middle of the push of this machine
      patch.setenv('XDG_STATE_HOME', str(tmp_path / 'other'))
      number = _push(tmp_path, 'a')
    monkeypatch.setattr(push_and_rollback.time, 'time', lambda: number + 1)
    push_and_rollback.push(_model(tmp_path, 'b'), directory, {}, lambda _: None, 5)
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['a', 'b']


def test_two_versions_of_one_number_are_refused(tmp_path, monkeypatch):
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 5)
  with pytest.raises(OSError, match='models/5 was pushed by another run in the same second'):
    with working_copy.open_versions(_URL, publish=True) as directory:
      with monkeypatch.context() as patch:
        patch.setenv('XDG_STATE_HOME', str(tmp_path / 'other'))
        _push(tmp_path, 'a')
      push_and_rollback.push(_model(tmp_path, 'b'), directory, {}, lambda _: None, 5)
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['a']
  _push(tmp_path, 'b')
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['a', 'b']


def test_a_version_is_refused_while_another_one_gets_its_number(tmp_path, monkeypatch):
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 5)
  upload, uploaded = Folder.upload, []

  def upload_beside_another(folder, path, name):
    upload(folder, path, name)
    uploaded.append(name)
    if len(uploaded) == 1:
      with monkeypatch.context() as patch, pytest.raises(OSError, match='models/5 was pushed by another run'):
        patch.setenv('XDG_STATE_HOME', str(tmp_path / 'other'))
        _push(tmp_path, 'b')

  monkeypatch.setattr(Folder, 'upload', upload_beside_another)
  _push(tmp_path, 'a')
  assert _seen_elsewhere(tmp_path, monkeypatch) == ['a']
  assert not [name for name in object_store.Folder(_URL).list_objects() if name.startswith('.')]


def test_only_one_state_directory_publishes_runs(tmp_path):
  copies = [working_copy.WorkingCopy(_URL, str(tmp_path / name)) for name in 'ab']
  for copy in copies:
    pathlib.Path(copy.directory).mkdir()
  copies[0].claim()
  copies[0].claim()
  with pytest.raises(ValueError, match='is the output of runs with another state directory: pass its --state-dir'):
    copies[1].claim()
  copies[0].claim()


def test_a_state_directory_belongs_to_one_url(tmp_path):
  with working_copy.WorkingCopy(_URL, str(tmp_path / 'a')).hold():
    working_copy.WorkingCopy(_URL, str(tmp_path / 'a')).publish()
  with pytest.raises(ValueError, match='a is the working copy of s3://bucket/models: choose another --state-dir'):
    working_copy.WorkingCopy('s3://bucket/others', str(tmp_path / 'a')).hold().__enter__()


def test_without_boto3_the_command_is_named(monkeypatch):
  monkeypatch.undo()
  monkeypatch.setitem(sys.modules, 'boto3', None)
  with pytest.raises(ValueError, match='needs boto3, which is not installed: uv pip install .*requirements-s3.lock'):
    object_store.Folder(_URL)
