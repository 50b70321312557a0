"""The picture of students beside the same models without a teacher."""

import pytest

from tools import pictures

_COLUMNS = 'model,accuracy,reviews_per_second'


def test_students_are_drawn_with_and_without_their_teacher(tmp_path, monkeypatch):
  monkeypatch.setattr(pictures, '_IMAGES', tmp_path)
  without, taught = tmp_path / 'without.csv', tmp_path / 'taught.csv'
  without.write_text(f'{_COLUMNS}\ncnn,0.89,5000\n')
  taught.write_text(f'{_COLUMNS}\ncnn,0.92,5100\nngrams,0.92,7000\n')
  assert not pictures.main(['--students', str(without), str(taught)])
  assert (tmp_path / 'teacher.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('content', [None, 'name,accuracy\ncnn,0.9\n', ''])
def test_what_is_no_comparison_is_refused(tmp_path, capsys, content):
  table = tmp_path / 'comparison.csv'
  if content is not None:
    table.write_text(content)
  assert pictures.main(['--students', str(table), str(table)]) == 1
  assert f'{table} and {table} must be files comparison.csv' in capsys.readouterr().err
