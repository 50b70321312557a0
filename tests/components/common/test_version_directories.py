"""Which entries of a directory are versions of a model."""

import pytest

from components.common import version_directories


def test_versions_are_directories_named_by_an_int64(tmp_path):
  for name in ('9', '10', '9223372036854775807', '9223372036854775808', '9' * 200, '.11', 'eleven', '11.tmp', '11_',
               '-1', '+1', '1e3', '\u0661\u0662', '\u00b2', '.staging-12'):
    (tmp_path / name).mkdir()
  (tmp_path / '12').write_text('a file')
  (tmp_path / '13').symlink_to(tmp_path / '9')
  assert version_directories.version_directories(tmp_path) == {
      9: tmp_path / '9', 10: tmp_path / '10', 13: tmp_path / '13', 2**63 - 1: tmp_path / '9223372036854775807'}
  assert list(version_directories.version_directories(str(tmp_path)))[:2] == [9, 10]


@pytest.mark.parametrize('name', ['none', 'file'])
def test_without_a_directory_there_are_no_versions(tmp_path, name):
  (tmp_path / 'file').touch()
  assert version_directories.version_directories(tmp_path / name) == {}
