import gzip
import os

import pytest

from components.common import files


def test_text_is_utf8_and_nothing_is_left_beside(tmp_path):
  with files.write_atomically(tmp_path / 'page.html') as file:
    file.write('Ünïcode')
  assert (tmp_path / 'page.html').read_bytes() == 'Ünïcode'.encode()
  assert os.listdir(tmp_path) == ['page.html']


def test_name_appears_only_at_the_end(tmp_path):
  with files.write_atomically(tmp_path / 'data', 'wb') as file:
    file.write(b'\xff')
    assert not (tmp_path / 'data').exists()
  assert (tmp_path / 'data').read_bytes() == b'\xff'


def test_error_leaves_the_old_content_and_nothing_else(tmp_path):
  (tmp_path / 'data').write_text('old')
  with pytest.raises(KeyboardInterrupt):
    with files.write_atomically(tmp_path / 'data') as file:
      file.write('new')
      raise KeyboardInterrupt
  assert (tmp_path / 'data').read_text() == 'old'
  assert os.listdir(tmp_path) == ['data']


def test_settings_reach_the_function_that_opens(tmp_path):
  with files.write_atomically(tmp_path / 'rows.csv.gz', 'wt', gzip.open, newline='', encoding='latin-1') as file:
    file.write('é\r\n')
  assert gzip.decompress((tmp_path / 'rows.csv.gz').read_bytes()) == b'\xe9\r\n'


def test_symbolic_link_is_followed(tmp_path):
  (tmp_path / 'real').mkdir()
  (tmp_path / 'link').symlink_to(tmp_path / 'real' / 'data')
  with files.write_atomically(tmp_path / 'link') as file:
    file.write('x')
  assert (tmp_path / 'link').is_symlink()
  assert (tmp_path / 'real' / 'data').read_text() == 'x'


def test_longest_name_that_a_file_system_allows_works(tmp_path):
  with files.write_atomically(tmp_path / ('n' * 255)) as file:
    file.write('x')
  assert os.listdir(tmp_path) == ['n' * 255]


def test_permissions_are_those_of_any_new_file(tmp_path):
  (tmp_path / 'plain').touch()
  with files.write_atomically(tmp_path / 'data'):
    pass
  assert (tmp_path / 'data').stat().st_mode == (tmp_path / 'plain').stat().st_mode


def test_missing_directory_is_an_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    with files.write_atomically(tmp_path / 'none' / 'data'):
      pass
