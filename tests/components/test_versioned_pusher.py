"""Pushes that are killed, collide, find the disk full or are rolled back: a server never sees half of a version."""

import errno
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import types

import pytest

from components.versioned_pusher import __main__ as command_line
from components.versioned_pusher import versions

_PROJECT = pathlib.Path(__file__).resolve().parents[2]


def _model(directory, content='weights'):
  """What matters here of a SavedModel: several files, in folders."""
  for name in ('saved_model.pb', 'variables/variables.data-00000-of-00001', 'assets/vocabulary'):
    (directory / name).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(f'{content} {name}')
  return str(directory)


def _push(model, destination, keep=5, uri='a model', state='0'):
  return versions.push(model, str(destination), {'model_uri': uri, 'state': state}, _add, keep)


def _add(copy):
  pathlib.Path(copy, versions.EXTRA, 'requests').write_text('warm-up')


def _assert_complete(destination):
  """All that a server could load is whole; returns the versions."""
  found = versions.pushed(str(destination))
  for version in found:
    assert versions.content_hash(str(version.path)) == version.manifest['sha256']
    assert (version.path / versions.EXTRA / 'requests').read_text() == 'warm-up'
    assert version.manifest['version'] == version.number
  return found


# Kills itself before or after the n-th call of a function that changes the disk.
_KILLED = '''
import builtins, os, shutil, signal, sys
from tests.components import test_versioned_pusher as test

left = int(sys.argv[1])

def tick():
  global left
  left -= 1
  if not left:
    os.kill(os.getpid(), signal.SIGKILL)

def counted(function):
  def call(*args, **kwargs):
    tick()
    result = function(*args, **kwargs)
    tick()
    return result
  return call

for module, names in (
    (os, ("mkdir", "rename", "fsync", "unlink", "rmdir", "chmod")), (shutil, ("copyfile", "copystat")),
    (builtins, ("open",))):
  for name in names:
    setattr(module, name, counted(getattr(module, name)))
print(test._push(sys.argv[2], sys.argv[3], keep=2).number)
'''


def test_a_push_killed_at_any_step_shows_nothing_or_all_and_the_next_one_works(tmp_path):
  old, new = _model(tmp_path / 'old', 'old'), _model(tmp_path / 'new', 'new')
  for step in range(1, 1000):
    destination = tmp_path / 'serving'
    shutil.rmtree(destination, ignore_errors=True)
    _push(_model(tmp_path / 'oldest', 'oldest'), destination)
    before = _push(old, destination)
    process = subprocess.run(
        [sys.executable, '-c', _KILLED, str(step), new, str(destination)], cwd=_PROJECT, capture_output=True, text=True,
        check=False)
    found = _assert_complete(destination)
    assert before.number in [version.number for version in found] and len(found) <= 3
    if process.returncode == 0:
      break
    assert process.returncode == -9, process.stderr
    after = _push(new, destination, keep=2)
    assert [version.number for version in _assert_complete(destination)] == [before.number, after.number]
    assert not [name for name in os.listdir(destination) if name.startswith(('.staging', '.deleted'))]
  assert step > 40  # moments to be killed at


def test_two_processes_at_once_and_a_clock_that_stands_still_never_collide(tmp_path, monkeypatch):
  monkeypatch.setattr(versions.time, 'time', lambda: 1000.0)
  threads = [
      threading.Thread(target=_push, args=(_model(tmp_path / str(number), str(number)), tmp_path / 'serving', 20))
      for number in range(8)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert [version.number for version in _assert_complete(tmp_path / 'serving')] == list(range(1000, 1008))
  monkeypatch.setattr(versions.time, 'time', lambda: 10.0)  # the clock was set back
  assert _push(_model(tmp_path / 'late', 'late'), tmp_path / 'serving', 20).number == 1008


def test_the_newest_model_is_not_pushed_twice_and_the_last_ones_are_kept(tmp_path):
  for content in ('a', 'b', 'b', 'c', 'd', 'd'):
    _push(_model(tmp_path / content, content), tmp_path / 'serving', keep=3)
  assert len(_assert_complete(tmp_path / 'serving')) == 3
  last = _push(_model(tmp_path / 'a'), tmp_path / 'serving', keep=1)
  assert [version.number for version in _assert_complete(tmp_path / 'serving')] == [last.number]


@pytest.mark.parametrize('name, number', [
    ('copytree', errno.ENOSPC), ('copytree', errno.EROFS), ('mkdtemp', errno.EACCES)])
def test_a_disk_that_refuses_shows_nothing_and_says_so(tmp_path, monkeypatch, name, number):
  destination = tmp_path / 'serving'
  _push(_model(tmp_path / 'old', 'old'), destination)

  def refuse(source=None, target=None, **unused):
    if target:
      os.makedirs(target)
      pathlib.Path(target, 'saved_model.pb').write_text('half')
    raise OSError(number, os.strerror(number))

  with monkeypatch.context() as patch:
    patch.setattr(versions.shutil if name == 'copytree' else versions.tempfile, name, refuse)
    with pytest.raises(versions.PushError, match=f'serving: cannot be written .{os.strerror(number)}.: nothing was'):
      _push(_model(tmp_path / 'new', 'new'), destination)
  assert len(_assert_complete(destination)) == 1 and set(os.listdir(destination)) - {'.lock'} == {
      str(versions.pushed(str(destination))[0].number)}
  assert len(_push(_model(tmp_path / 'new', 'new'), destination).manifest['sha256']) == 64


def test_a_full_disk_is_noticed_before_anything_is_copied(tmp_path, monkeypatch):
  monkeypatch.setattr(versions.shutil, 'disk_usage', lambda path: types.SimpleNamespace(free=1000))
  with pytest.raises(versions.PushError, match='the disk is full .1,000 bytes are free'):
    _push(_model(tmp_path / 'new'), tmp_path / 'serving')
  assert os.listdir(tmp_path / 'serving') == ['.lock']


def test_a_destination_that_is_no_directory_is_named(tmp_path):
  (tmp_path / 'file').touch()
  with pytest.raises(versions.PushError, match='file/serving: cannot be written .Not a directory'):
    _push(_model(tmp_path / 'new'), tmp_path / 'file' / 'serving')


def test_the_state_changes_exactly_when_the_newest_version_is_another_model(tmp_path):
  destination = str(tmp_path / 'serving')
  first = versions.state(destination, 'a')
  assert first != versions.state(destination, 'a')  # nothing is pushed: never the same twice
  _push(_model(tmp_path / 'a', 'a'), destination, uri='a', state=first)
  assert versions.state(destination, 'a') == first
  _push(_model(tmp_path / 'b', 'b'), destination, uri='b', state='of b')
  assert versions.state(destination, 'b') == 'of b' and versions.state(destination, 'a') != first
  shutil.rmtree(destination)
  assert versions.state(destination, 'b') != 'of b'


def test_a_rollback_serves_the_older_model_and_a_pipeline_does_not_push_the_withdrawn_one_again(tmp_path, capsys):
  destination = str(tmp_path / 'serving')
  for uri in 'abc':
    _push(_model(tmp_path / uri, uri), destination, uri=uri, state=f'of {uri}')
  numbers = [version.number for version in versions.pushed(destination)]
  assert command_line.main(['rollback', destination, str(numbers[1])]) == 0
  newest = _assert_complete(destination)[-1]
  assert newest.number > numbers[2] and newest.manifest['model_uri'] == 'b'
  assert newest.manifest['rolled_back_to'] == numbers[1]
  assert versions.state(destination, 'c') == versions.state(destination, 'c')  # cached: not tried again and again
  with pytest.raises(versions.PushError, match='withdrawn by a rollback'):
    _push(tmp_path / 'c', destination, uri='c')
  _push(_model(tmp_path / 'd', 'd'), destination, uri='d')
  with pytest.raises(versions.PushError, match='withdrawn'):
    _push(tmp_path / 'c', destination, uri='c')
  assert command_line.main(['rollback', destination, str(numbers[2])]) == 0  # a person may
  assert versions.pushed(destination)[-1].manifest['model_uri'] == 'c'
  assert command_line.main(['list', destination]) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[-1].endswith('served') and f'a copy of {numbers[2]}' in lines[-1]
  assert sum('served' in line for line in lines[2:]) == 1


@pytest.mark.parametrize('arguments, message', [
    (['list'], 'no version was pushed here'), (['rollback', '7'], 'no version 7; there are: none')])
def test_a_wrong_command_is_one_line(tmp_path, capsys, arguments, message):
  assert command_line.main([arguments[0], str(tmp_path), *arguments[1:]]) == 1
  assert message in capsys.readouterr().err


def test_the_command_line_needs_no_tensorflow():
  code = 'import sys, components.versioned_pusher.__main__; sys.exit(bool({"tensorflow", "tfx"} & set(sys.modules)))'
  subprocess.run([sys.executable, '-c', code], cwd=_PROJECT, check=True)


def test_a_manifest_that_is_no_json_is_no_reason_to_fail(tmp_path):
  version = _push(_model(tmp_path / 'a'), tmp_path / 'serving')
  (version.path / versions.MANIFEST).write_text('{')
  assert versions.pushed(str(tmp_path / 'serving'))[0].manifest == {}
