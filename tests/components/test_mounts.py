"""Buckets that are mounted as directories: nothing is pushed to them, and runs into them do not start."""

import contextlib

import pytest

from components.versioned_pusher import mounts
from components.versioned_pusher import push_and_rollback
from pipeline.local import command_line


def _mount(directory, kind, monkeypatch):
  table = directory.with_name('mountinfo')
  table.write_text(f'1 0 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / {directory} rw shared:1 - {kind}\n'.replace(
      'a mount', r'a\040mount'))
  monkeypatch.setattr(mounts, '_MOUNTS', table)


@pytest.mark.parametrize('kind', ('fuse.gcsfuse bucket rw', 'fuse gcsfuse rw', 'fuse.s3fs s3fs rw'))
def test_a_mounted_bucket_is_refused_at_the_start(tmp_path, monkeypatch, kind):
  model, directory = tmp_path / 'model', tmp_path / 'a mount'
  model.mkdir()
  (model / 'saved_model.pb').write_text('model')
  _mount(directory, kind, monkeypatch)
  with pytest.raises(push_and_rollback.PushError, match='serving: a bucket, mounted by (gcsfuse|s3fs): .*--output-dir s3://'):
    push_and_rollback.push(str(model), str(directory / 'serving'), {}, lambda _: None, 5)
  assert not directory.exists()
  push_and_rollback.push(str(model), str(tmp_path / 'serving'), {}, lambda _: None, 5)


def test_a_run_into_a_mounted_bucket_does_not_start(tmp_path, monkeypatch):
  _mount(tmp_path / 'a mount', 'fuse.gcsfuse bucket rw', monkeypatch)
  for name in 'a mount/runs', 'runs':
    arguments = command_line.build_parser().parse_args(['--output-dir', str(tmp_path / name)])
    with contextlib.ExitStack() as refused:
      if 'mount' in name:
        refused.enter_context(pytest.raises(ValueError, match='--output-dir .*runs is in a bucket, mounted by gcsfuse'))
      command_line.check_paths(arguments)
