"""Pushes that are killed, collide, find the disk full or are rolled back: a server never sees half of a version."""

import builtins
import errno
import io
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import types

import pytest

from components.versioned_pusher import __main__ as command_line
from components.versioned_pusher import push_and_rollback

_PROJECT = pathlib.Path(__file__).resolve().parents[2]


def _model(directory, content='weights'):
  """What matters here of a SavedModel: several files, in folders."""
  for name in ('saved_model.pb', 'variables/variables.data-00000-of-00001', 'assets/vocabulary'):
    (directory / name).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(f'{content} {name}')
  return str(directory)


def _push(model, destination, keep=5, uri='a model', state='0'):
  return push_and_rollback.push(model, str(destination), {'model_uri': uri, 'state': state}, _add, keep)


def _add(copy):
  pathlib.Path(copy, push_and_rollback.EXTRA, 'requests').write_text('warm-up')


def _assert_complete(destination):
  """All that a server could load is whole; returns the versions."""
  found = push_and_rollback.list_versions(str(destination))
  for version in found:
    assert push_and_rollback.content_hash(str(version.path)) == version.manifest['sha256']
    assert (version.path / push_and_rollback.EXTRA / 'requests').read_text() == 'warm-up'
    assert version.manifest['version'] == version.number
  return found


def _start(function):
  """Run a function in a fork of this process; returns the process id."""
  pid = os.fork()
  if pid == 0:
    try:
      function()
      os._exit(0)
    finally:
      os._exit(1)
  return pid


def _wait(pid):
  return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _die_at(step):
  """Have this process kill itself before or after the n-th call of a function that changes the disk."""
  calls = itertools.count(1)

  def tick():
    if next(calls) == step:
      os.kill(os.getpid(), signal.SIGKILL)

  def counted(function):
    def call(*args, **kwargs):
      tick()
      result = function(*args, **kwargs)
      tick()
      return result
    return call

  for module, names in (
      (os, ('mkdir', 'rename', 'fsync', 'unlink', 'rmdir', 'chmod')), (shutil, ('copyfile', 'copystat')),
      (builtins, ('open',)), (io, ('open',))):
    for name in names:
      setattr(module, name, counted(getattr(module, name)))


@pytest.mark.slow
def test_push_killed_at_any_step_is_atomic_and_can_be_repeated(tmp_path, monkeypatch):
  monkeypatch.setattr(os, 'fsync', lambda descriptor: None)  # what a killed process has written is not lost
  old, new = _model(tmp_path / 'old', 'old'), _model(tmp_path / 'new', 'new')
  for step in range(1, 1000):
    destination = tmp_path / 'serving'
    shutil.rmtree(destination, ignore_errors=True)
    _push(_model(tmp_path / 'oldest', 'oldest'), destination)
    before = _push(old, destination)
    code = _wait(_start(lambda: [_die_at(step), _push(new, destination, keep=2)]))
    found = _assert_complete(destination)
    assert before.number in [version.number for version in found] and len(found) <= 3
    if code == 0:
      break
    assert code == -signal.SIGKILL
    after = _push(new, destination, keep=2)
    assert [version.number for version in _assert_complete(destination)] == [before.number, after.number]
    assert not [name for name in os.listdir(destination) if name.startswith(('.staging', '.deleted'))]
  assert step > 40  # moments to be killed at


def test_numbers_are_unique_with_many_processes_or_a_wrong_clock(tmp_path, monkeypatch):
  models = [_model(tmp_path / str(number), str(number)) for number in range(4)]
  with monkeypatch.context() as patch:
    patch.setattr(push_and_rollback.time, 'time', lambda: 1000.0)  # stands still
    processes = [_start(lambda: _push(model, tmp_path / 'serving')) for model in models]
  assert [_wait(pid) for pid in processes] == [0] * 4
  assert [version.number for version in _assert_complete(tmp_path / 'serving')] == list(range(1000, 1004))
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 10.0)  # the clock was set back
  assert _push(_model(tmp_path / 'late', 'late'), tmp_path / 'serving', 20).number == 1004


def test_number_of_a_deleted_version_is_not_used_again(tmp_path, monkeypatch):
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 1000.0)
  shutil.rmtree(_push(_model(tmp_path / 'a', 'a'), tmp_path / 'serving').path)
  assert _push(_model(tmp_path / 'b', 'b'), tmp_path / 'serving').number == 1001


def test_other_entries_of_the_directory_are_unchanged(tmp_path, monkeypatch):
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 1000.0)
  destination = tmp_path / 'serving'
  destination.mkdir()
  for name in ('5', '1000', 'notes'):
    (destination / name).write_text('a file')
  (destination / '007').symlink_to(_model(tmp_path / 'elsewhere', 'old'))  # servers take it for version 7
  assert [version.number for version in push_and_rollback.list_versions(str(destination))] == [7]
  assert _push(_model(tmp_path / 'new', 'new'), destination, keep=1).number == 1001
  assert sorted(os.listdir(destination)) == ['.lock', '1000', '1001', '5', 'notes']
  assert (tmp_path / 'elsewhere' / 'saved_model.pb').exists()


def test_newest_model_is_not_pushed_twice_and_old_ones_go(tmp_path):
  for content in ('a', 'b', 'b', 'c', 'd', 'd'):
    _push(_model(tmp_path / content, content), tmp_path / 'serving', keep=3)
  assert len(_assert_complete(tmp_path / 'serving')) == 3
  last = _push(_model(tmp_path / 'a'), tmp_path / 'serving', keep=1)
  assert [version.number for version in _assert_complete(tmp_path / 'serving')] == [last.number]


@pytest.mark.parametrize('module, name, calls, number', [
    ('shutil', 'copyfile', 2, errno.ENOSPC), ('tempfile', 'mkdtemp', 1, errno.EACCES),
    ('os', 'makedirs', 1, errno.EROFS), ('json', 'dump', 1, errno.ENOSPC), ('os', 'fsync', 1, errno.EIO),
    ('os', 'rename', 1, errno.EDQUOT)])
def test_disk_error_leaves_nothing_and_is_explained(tmp_path, monkeypatch, module, name, calls, number):
  destination = tmp_path / 'serving'
  before = _push(_model(tmp_path / 'old', 'old'), destination)
  with monkeypatch.context() as patch:
    _refuse(patch, getattr(push_and_rollback, module), name, calls, number)
    with pytest.raises(push_and_rollback.PushError, match='serving: the push failed .*: nothing was pushed') as error:
      _push(_model(tmp_path / 'new', 'new'), destination)
  assert os.strerror(number) in str(error.value) and '\n' not in str(error.value)
  assert len(_assert_complete(destination)) == 1 and set(os.listdir(destination)) == {'.lock', str(before.number)}
  assert _push(_model(tmp_path / 'new', 'new'), destination).number > before.number


def _refuse(patch, module, name, calls, number):
  """Has the `calls`-th call of a function fail, and all after it."""
  function, made = getattr(module, name), []

  def call(*args, **kwargs):
    made.append(name)
    if len(made) >= calls:
      raise OSError(number, os.strerror(number))
    return function(*args, **kwargs)

  patch.setattr(module, name, call)


def test_failure_after_the_rename_says_the_version_is_live(tmp_path, monkeypatch):
  destination = tmp_path / 'serving'
  first = _push(_model(tmp_path / 'a', 'a'), destination)
  with monkeypatch.context() as patch:
    # The first rename gives the number, the second hides the old version.
    _refuse(patch, push_and_rollback.os, 'rename', 2, errno.EACCES)
    with pytest.raises(push_and_rollback.PushError, match='is live, but not all older ones were deleted'):
      _push(_model(tmp_path / 'b', 'b'), destination, keep=1)
  assert [version.number for version in _assert_complete(destination)][0] == first.number
  assert _push(_model(tmp_path / 'b', 'b'), destination, keep=1).number > first.number  # the same again
  assert len(_assert_complete(destination)) == 1


def test_unreadable_input_is_named(tmp_path):
  with pytest.raises(push_and_rollback.PushError, match='nowhere: not a SavedModel'):
    _push(str(tmp_path / 'nowhere'), tmp_path / 'serving')
  with pytest.raises(push_and_rollback.PushError, match='the push failed .*missing_card'):
    push_and_rollback.push(_model(tmp_path / 'a'), str(tmp_path / 'serving'), {},
                  lambda copy: shutil.copytree(tmp_path / 'missing_card', os.path.join(copy, 'card')), 5)
  assert os.listdir(tmp_path / 'serving') == ['.lock']


def test_full_disk_is_noticed_before_copying(tmp_path, monkeypatch):
  monkeypatch.setattr(push_and_rollback.shutil, 'disk_usage', lambda path: types.SimpleNamespace(free=1000))
  with pytest.raises(push_and_rollback.PushError, match='the disk is full .1,000 bytes free'):
    _push(_model(tmp_path / 'new'), tmp_path / 'serving')
  assert os.listdir(tmp_path / 'serving') == ['.lock']


def test_destination_that_is_not_a_directory_is_named(tmp_path):
  (tmp_path / 'file').touch()
  for destination in (tmp_path / 'file', tmp_path / 'file' / 'serving'):
    message = f'{destination}: the push failed .*(Not a directory|File exists)'
    with pytest.raises(push_and_rollback.PushError, match=message):
      _push(_model(tmp_path / 'new'), destination)


def test_object_store_is_refused(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(push_and_rollback.PushError, match='gs://bucket/serving: not a directory of a file system'):
    _push(_model(tmp_path / 'new'), 'gs://bucket/serving')
  assert os.listdir(tmp_path) == ['new']


def test_cache_state_changes_with_the_newest_model_only(tmp_path):
  destination = str(tmp_path / 'serving')
  a, b = _model(tmp_path / 'a', 'a'), _model(tmp_path / 'b', 'b')
  first = push_and_rollback.cache_state(destination, 'a', a)
  assert first != push_and_rollback.cache_state(destination, 'a', a)  # nothing is pushed: never the same twice
  _push(a, destination, uri='a', state=first)
  assert push_and_rollback.cache_state(destination, 'a', a) == first
  assert push_and_rollback.cache_state(destination, 'trained again', a) == first  # and came out the same, to the byte
  assert push_and_rollback.cache_state(destination, 'a', str(tmp_path / 'cleaned up')) == first
  _push(b, destination, uri='b', state='of b')
  assert push_and_rollback.cache_state(destination, 'b', b) == 'of b'
  assert push_and_rollback.cache_state(destination, 'a', a) != first
  shutil.rmtree(destination)
  assert push_and_rollback.cache_state(destination, 'b', b) != 'of b'


def test_damaged_version_cannot_be_rolled_back_to(tmp_path, capsys):
  destination = str(tmp_path / 'serving')
  old, new = (_push(_model(tmp_path / name, name), destination) for name in ('old', 'new'))
  (old.path / 'assets' / 'vocabulary').unlink()
  assert command_line.main(['rollback', destination, str(old.number)]) == 1
  assert 'its files have changed since they were pushed' in capsys.readouterr().err
  assert push_and_rollback.list_versions(destination)[-1].number == new.number


def test_rollback_makes_an_older_model_live_and_withdraws_newer(tmp_path, capsys):
  destination = str(tmp_path / 'serving')
  for uri in 'abc':
    _push(_model(tmp_path / uri, uri), destination, uri=uri, state=f'of {uri}')
  numbers = [version.number for version in push_and_rollback.list_versions(destination)]
  assert command_line.main(['rollback', destination, str(numbers[1])]) == 0
  newest = _assert_complete(destination)[-1]
  assert newest.number > numbers[2] and newest.manifest['model_uri'] == 'b'
  assert newest.manifest['rolled_back_to'] == numbers[1]
  c = str(tmp_path / 'c')
  for _ in range(2):
    assert push_and_rollback.cache_state(destination, 'c', c) == f'withdrawn at {newest.number}'
  with pytest.raises(push_and_rollback.PushError, match='withdrawn by a rollback'):
    _push(tmp_path / 'c', destination, uri='c')
  _push(_model(tmp_path / 'd', 'd'), destination, uri='d')
  with pytest.raises(push_and_rollback.PushError, match='withdrawn'):
    _push(tmp_path / 'c', destination, uri='c')
  assert command_line.main(['rollback', destination, str(numbers[2])]) == 0  # a person may
  assert push_and_rollback.list_versions(destination)[-1].manifest['model_uri'] == 'c'
  assert command_line.main(['list', destination]) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[-1].endswith('live') and f'copy of {numbers[2]}' in lines[-1]
  assert sum('live' in line.split() for line in lines[2:]) == 1


def test_pinned_version_is_kept_until_it_is_unpinned(tmp_path, capsys):
  destination = str(tmp_path / 'serving')
  first, second = (_push(_model(tmp_path / name, name), destination).number for name in 'ab')
  for _ in range(2):
    assert command_line.main(['pin', destination, str(first)]) == 0
  assert capsys.readouterr().out.splitlines() == [f'version {first} is pinned'] * 2
  third, fourth = (_push(_model(tmp_path / name, name), destination, keep=2).number for name in 'cd')
  assert [version.number for version in _assert_complete(destination)] == [first, third, fourth]
  assert command_line.main(['list', destination]) == 0
  assert ['pinned' in line for line in capsys.readouterr().out.splitlines()] == [True, False, False]
  assert command_line.main(['rollback', destination, str(first)]) == 0
  protected = push_and_rollback.protected_versions(destination)
  assert [(version.number == first, version.is_pinned) for version in protected] == [(True, True), (False, False)]
  assert command_line.main(['unpin', destination, str(first)]) == 0
  _push(_model(tmp_path / 'e', 'e'), destination, keep=2)
  assert not {first, second} & {version.number for version in _assert_complete(destination)}


def test_pin_that_cannot_be_written_is_explained(tmp_path, capsys, monkeypatch):
  version = _push(_model(tmp_path / 'a'), tmp_path / 'serving')
  _refuse(monkeypatch, pathlib.Path, 'touch', 1, errno.EROFS)
  assert command_line.main(['pin', str(tmp_path / 'serving'), str(version.number)]) == 1
  assert capsys.readouterr().err == (
      f'{version.path}: cannot be written (Read-only file system): version {version.number} is not pinned\n')


def _push_with_threshold(model, destination, threshold):
  return push_and_rollback.push(
      model, destination, {'model_uri': 'a', 'state': str(threshold), 'decision': {'threshold': threshold}},
      lambda copy: None, 5)


def test_another_decision_threshold_is_another_version(tmp_path):
  destination, model = str(tmp_path / 'serving'), _model(tmp_path / 'a')
  first, again, second = (_push_with_threshold(model, destination, threshold) for threshold in (0.5, 0.5, 0.7))
  assert first.number == again.number < second.number
  assert push_and_rollback.cache_state(destination, 'a', model, 0.7) == '0.7'
  assert push_and_rollback.cache_state(destination, 'a', model) != '0.5'  # it is not live any more
  third = push_and_rollback.roll_back(destination, first.number)
  assert third.manifest['decision'] == {'threshold': 0.5}
  # What the rollback withdrew stays so, and only that.
  assert push_and_rollback.cache_state(destination, 'a', model, 0.7) == f'withdrawn at {third.number}'
  with pytest.raises(push_and_rollback.PushError, match='withdrawn by a rollback'):
    _push_with_threshold(model, destination, 0.7)
  assert _push_with_threshold(model, destination, 0.8).number > third.number


@pytest.mark.parametrize('arguments, message', [
    (['pin', 'serving', '7'], 'no version 7; choose one of: 1000, 1001\n'),
    (['unpin', 'serving', '7'], 'no version 7'), (['pin', 'empty', '7'], 'no versions were pushed here'),
    (['list', 'empty'], 'no versions were pushed here'), (['rollback', 'empty', '7'], 'no versions were pushed here'),
    (['list', 'nowhere'], 'no such directory'),
    (['rollback', 'serving', '7'], 'no version 7; choose one of: 1000\n'),
    (['rollback', 'serving', '1001'], 'version 1001 is live already; choose one of: 1000\n'),
    (['rollback', 'single', '1000'], 'version 1000 is live already; there is no other older version')])
def test_command_line_errors_are_one_line(tmp_path, monkeypatch, capsys, arguments, message):
  monkeypatch.setattr(push_and_rollback.time, 'time', lambda: 1000.0)
  (tmp_path / 'empty').mkdir()
  for name, destination in (('a', 'single'), ('a', 'serving'), ('b', 'serving')):
    _push(_model(tmp_path / name, name), tmp_path / destination)
  command, directory, *rest = arguments
  assert command_line.main([command, str(tmp_path / directory), *rest]) == 1
  error = capsys.readouterr().err
  assert message in error and error.count('\n') == 1 and not os.listdir(tmp_path / 'empty')


def test_command_line_needs_no_tensorflow():
  code = 'import sys, components.versioned_pusher.__main__; sys.exit(bool({"tensorflow", "tfx"} & set(sys.modules)))'
  subprocess.run([sys.executable, '-c', code], cwd=_PROJECT, check=True)


@pytest.mark.parametrize('content', ['{', '[]'])
def test_foreign_manifest_is_ignored(tmp_path, capsys, content):
  version = _push(_model(tmp_path / 'a'), tmp_path / 'serving')
  (version.path / push_and_rollback.MANIFEST).write_text(content)
  assert command_line.main(['list', str(tmp_path / 'serving')]) == 0
  assert 'unknown model' in capsys.readouterr().out
