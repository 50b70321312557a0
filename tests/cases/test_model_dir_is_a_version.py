"""A path that is not quite the directory of the versions: the message says which one is meant."""

import pytest

from components.versioned_pusher import __main__ as versioned_pusher
import predict
from serving.server import versions


@pytest.fixture(name='top')
def _top(tmp_path):
  """An output directory with an empty version."""
  version = tmp_path / 'output' / 'serving' / 'sentiment' / '1795669599'
  version.mkdir(parents=True)
  (version / 'saved_model.pb').touch()
  return tmp_path


@pytest.mark.parametrize('named, message', [
    ('output/serving/sentiment/1795669599', 'this is itself a version: name the directory above, '),
    ('output', 'no versions were pushed here, but to '), ('output/serving', 'no versions were pushed here, but to '),
    ('nowhere', 'no such directory')])
def test_the_directory_that_is_meant_is_named(top, named, message, capsys):
  assert predict.main(['--model-dir', str(top / named), 'a film']) == 1
  assert versioned_pusher.main(['list', str(top / named)]) == 1
  lines = capsys.readouterr().err.splitlines()
  if named != 'nowhere':
    with pytest.raises(ValueError) as error:
      versions.Versions(str(top / named)).start()
    lines.append(str(error.value))
  for line in lines:
    assert message in line and (f'{top}/output/serving/sentiment' in line or named == 'nowhere')
