"""The reader of CSV, TSV, JSONL and text files that training and scoring share."""

import gzip
import io
import json
import sys

import pytest

from components.common import csv_and_jsonl


@pytest.mark.parametrize('name, expected', [
    ('a.csv', 'csv'), ('/b.c/A.CSV.GZ', 'csv'), ('a.tsv', 'tsv'), ('a.jsonl.gz', 'jsonl'), ('a.txt', 'text'),
    ('a.json', None), ('a.gz', None), ('csv', None), ('.csv', None)])
def test_a_format_is_known_by_the_end_of_the_name(name, expected):
  assert csv_and_jsonl.table_format(name) == expected


_ROWS = [
    {'id': '7', 'text': 'Good, "very"\tgood'}, {'id': '', 'text': 'two\nlines\r\nand more\r'}, {'id': 'ü', 'text': ''},
    {'id': '9', 'text': 'NUL \0 and \0'}]


def _content(name, rows):
  if 'jsonl' in name:
    content = ''.join(json.dumps(row) + '\n' for row in rows)
  else:
    delimiter = '\t' if 'tsv' in name else ','  # by hand: the csv module writes no NUL
    cells = [list(rows[0]), *(row.values() for row in rows)]
    content = ''.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + '\n' for row in cells)
  content = b'\xef\xbb\xbf' + content.encode()
  return gzip.compress(content) if name.endswith('.gz') else content


@pytest.mark.parametrize('name', ['a.csv', 'a.tsv', 'a.jsonl', 'a.csv.gz', 'a.tsv.gz', 'a.jsonl.gz'])
def test_every_format_gives_the_same_rows(tmp_path, name):
  (tmp_path / name).write_bytes(_content(name, _ROWS))
  rows = list(csv_and_jsonl.read_rows(str(tmp_path / name)))
  assert [row.values for row in rows] == _ROWS
  assert [row.number for row in rows] == [1, 2, 3, 4]


def test_a_row_knows_its_place(tmp_path):
  (tmp_path / 'a.csv').write_text('text\nx\n\n"two\nlines"\nz\n')
  places = [row.where for row in csv_and_jsonl.read_rows(str(tmp_path / 'a.csv'))]
  assert places == [f'{tmp_path}/a.csv, row {row} (line {line})' for row, line in ((1, 2), (3, 5), (4, 6))]
  (tmp_path / 'a.jsonl').write_text('{}\n \n\0\n{}\n')
  places = [row.where for row in csv_and_jsonl.read_rows(str(tmp_path / 'a.jsonl'))]
  assert places == [f'{tmp_path}/a.jsonl, line {line}' for line in (1, 4)]


@pytest.mark.parametrize('name', ['a.csv', 'a.tsv', 'a.jsonl', 'a.txt'])
def test_bytes_that_are_not_utf8_can_be_restored(tmp_path, name):
  raw = b'caf\xe9 \xed\xb0\x80 \xff'
  (tmp_path / name).write_bytes({'a.jsonl': b'{"text": "%s"}', 'a.txt': b'%s'}.get(name, b'text\n%s\n') % raw)
  if name == 'a.txt':
    (_, _, text), = csv_and_jsonl.read_lines(str(tmp_path / name))
  else:
    text = next(csv_and_jsonl.read_rows(str(tmp_path / name))).values['text']
  assert text.encode('utf-8', 'surrogateescape') == raw


def test_a_header_is_what_the_caller_makes_of_it(tmp_path):
  (tmp_path / 'a.csv').write_text('Text,\0\nx,y\n')
  rows = csv_and_jsonl.read_rows(str(tmp_path / 'a.csv'), lambda names: [name.lower() for name in names])
  assert next(rows).values == {
      'text': 'x', '\0': 'y'}

  def refuse(names):
    raise ValueError(f'refused {names}')

  with pytest.raises(ValueError, match=r"refused \['Text', '\\x00'\]"):
    next(csv_and_jsonl.read_rows(str(tmp_path / 'a.csv'), refuse))


def test_standard_input_is_read_by_line(monkeypatch):
  monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(io.BytesIO(b'one\r\ntwo')))
  assert list(csv_and_jsonl.read_lines(None)) == [
      ('standard input, line 1', 1, 'one\r\n'), ('standard input, line 2', 2, 'two')]


@pytest.mark.parametrize('name, content, message', [
    ('a.csv', 'a,b\n1,2\n3\n', r'a.csv, row 2 \(line 3\): 1 fields where the header has 2; quote texts'),
    ('a.csv', 'a\n"x\ny"z\n', r"a.csv, line 3: ',' expected after"),
    ('a.tsv', 'a\n"x', 'a.tsv, line 2: unexpected end of data'),
    ('a.jsonl', '{}\n[1]\n', 'a.jsonl, line 2: not a JSON object'),
    ('a.jsonl', '{}\n{"a"}\n', 'a.jsonl, line 2: not JSON'),
    ('a.csv.gz', 'a\nx\n', 'a.csv.gz, after line 0: Not a gzipped file .*; copy or download it again'),
    ('a.txt', '', 'a.txt: not a table; name a .csv, .tsv or .jsonl file'),
    ('none/a.csv', None, 'none/a.csv: No such file or directory'),
])
def test_a_malformed_file_is_refused_by_name_and_place(tmp_path, name, content, message):
  if content is not None:
    (tmp_path / name).write_text(content)
  with pytest.raises(ValueError, match=message):
    list(csv_and_jsonl.read_rows(str(tmp_path / name)))
