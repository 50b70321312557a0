"""A push with the umask 077: the run says that a server of another user cannot read the version."""

import os
import types

import pytest

from components.versioned_pusher import progress_line
from components.versioned_pusher import push_and_rollback


@pytest.fixture(name='push')
def _push(tmp_path):
  """Pushes with an umask; returns the line for the terminal."""
  def push(umask):
    before = os.umask(umask)
    try:
      model = tmp_path / 'model'
      (model / 'variables').mkdir(parents=True)
      (model / 'saved_model.pb').write_bytes(b'model')
      version = push_and_rollback.push(str(model), str(tmp_path / 'serving'), {}, lambda copy: None, 1)
    finally:
      os.umask(before)
    found = {'pushed': 1, 'pushed_destination': str(version.path)}
    return version.path, progress_line.describe(types.SimpleNamespace(value=lambda key, name: found[name]))
  return push


@pytest.mark.parametrize('umask', [0o022, 0o027])
def test_a_readable_version_is_named_alone(push, umask):
  path, line = push(umask)
  assert (line.text, line.warning) == (str(path), False)


def test_a_private_version_says_how_to_share_it(push):
  path, line = push(0o077)
  assert line.warning
  assert line.text.startswith(f'{path}, which only its owner can read') and f'chmod -R go+rX {path.parent}' in line.text
