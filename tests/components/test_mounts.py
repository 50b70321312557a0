"""Buckets that are mounted as directories: nothing is pushed to them."""

import pytest

from components.versioned_pusher import mounts
from components.versioned_pusher import push_and_rollback


@pytest.mark.parametrize('kind', ('fuse.gcsfuse bucket rw', 'fuse gcsfuse rw', 'fuse.s3fs s3fs rw'))
def test_a_mounted_bucket_is_refused_at_the_start(tmp_path, monkeypatch, kind):
  model, table = tmp_path / 'model', tmp_path / 'mountinfo'
  model.mkdir()
  (model / 'saved_model.pb').write_text('model')
  directory = tmp_path / 'a mount'
  table.write_text(f'1 0 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / {directory} rw shared:1 - {kind}\n'.replace(
      'a mount', r'a\040mount'))
  monkeypatch.setattr(mounts, '_MOUNTS', table)
  with pytest.raises(push_and_rollback.PushError, match='serving: a bucket, mounted by (gcsfuse|s3fs): .*--output-dir s3://'):
    push_and_rollback.push(str(model), str(directory / 'serving'), {}, lambda _: None, 5)
  assert not directory.exists()
  push_and_rollback.push(str(model), str(tmp_path / 'serving'), {}, lambda _: None, 5)
