"""The reader of CSV, TSV, JSONL and text files that training and scoring share."""

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile

import pyarrow
from pyarrow import parquet
import pytest

from components.common import tables
from components.common import text_files


@pytest.mark.parametrize('name, expected', [
    ('a.csv', 'csv'), ('/b.c/A.CSV.GZ', 'csv'), ('a.tsv', 'tsv'), ('a.jsonl.gz', 'jsonl'), ('a.txt', 'text'),
    ('a.json', 'json'), ('a.parquet', 'parquet'), ('a.zip:b.csv', 'csv'), ('a.zip', None),
    ('a.gz', None), ('csv', None), ('.csv', None)])
def test_a_format_is_known_by_the_end_of_the_name(name, expected):
  assert tables.table_format(name) == expected


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
  rows = list(tables.read_rows(str(tmp_path / name)))
  assert [row.values for row in rows] == _ROWS
  assert [row.number for row in rows] == [1, 2, 3, 4]


def test_a_row_knows_its_place(tmp_path):
  (tmp_path / 'a.csv').write_text('text\nx\n\n"two\nlines"\nz\n')
  places = [row.where for row in tables.read_rows(str(tmp_path / 'a.csv'))]
  assert places == [f'{tmp_path}/a.csv, row {row} (line {line})' for row, line in ((1, 2), (3, 5), (4, 6))]
  (tmp_path / 'a.jsonl').write_text('{}\n \n\0\n{}\n')
  places = [row.where for row in tables.read_rows(str(tmp_path / 'a.jsonl'))]
  assert places == [f'{tmp_path}/a.jsonl, line {line}' for line in (1, 4)]


@pytest.mark.parametrize('name', ['a.csv', 'a.tsv', 'a.jsonl', 'a.txt'])
def test_bytes_that_are_not_utf8_can_be_restored(tmp_path, name):
  raw = b'caf\xe9 \xed\xb0\x80 \xff'
  (tmp_path / name).write_bytes({'a.jsonl': b'{"text": "%s"}', 'a.txt': b'%s'}.get(name, b'text\n%s\n') % raw)
  if name == 'a.txt':
    (_, _, text), = text_files.read_lines(str(tmp_path / name))
  else:
    text = next(tables.read_rows(str(tmp_path / name))).values['text']
  assert text.encode('utf-8', 'surrogateescape') == raw


def test_a_caller_can_refuse_a_header(tmp_path):
  (tmp_path / 'a.csv').write_text('Text,\0\nx,y\n')
  assert next(tables.read_rows(str(tmp_path / 'a.csv'))).values == {'Text': 'x', '\0': 'y'}

  def refuse(names):
    raise ValueError(f'refused {names}')

  with pytest.raises(ValueError, match=r"refused \['Text', '\\x00'\]"):
    next(tables.read_rows(str(tmp_path / 'a.csv'), refuse))


def test_standard_input_is_read_by_line(monkeypatch):
  monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(io.BytesIO(b'one\r\ntwo')))
  assert list(text_files.read_lines(None)) == [
      ('standard input, line 1', 1, 'one\r\n'), ('standard input, line 2', 2, 'two')]


@pytest.mark.parametrize('name, content, message', [
    ('a.txt', '', 'a.txt: not a table; name a .csv, .tsv, .jsonl, .json or .parquet file'),
    ('a.csv', 'a,b,a\n1,2,3\n', 'a.csv: 2 columns are called a; rename all but one'),
    ('a.json', '[{"a": 1}', 'a.json: not JSON'),
    ('a.parquet', 'PAR1', 'a.parquet: '),
    ('a.csv', '\n<!DOCTYPE html><html>', 'a.csv: a web page: download the file itself'),
    ('a.jsonl', 'version https://git-lfs.github.com/spec/v1\n', 'a.jsonl: a pointer of Git LFS'),
    ('a.csv', 'PK\3\4', 'a.csv: a .zip or an Excel workbook: call it .zip, or save it as CSV'),
    ('a.csv', 'sep=;\na;b\n', 'a.csv: delete its first line, sep=;, which only Excel understands'),
    ('none/a.csv', None, 'none/a.csv: No such file or directory'),
])
def test_a_malformed_file_is_refused_by_name_and_place(tmp_path, name, content, message):
  if content is not None:
    (tmp_path / name).write_text(content)
  with pytest.raises(ValueError, match=message):
    list(tables.read_rows(str(tmp_path / name)))


@pytest.mark.parametrize('name, content, errors', [
    ('a.csv', 'a,b\n1,2\n3\n4,5\n', [None, 'row 2 (line 3): 1 fields where the header has 2; quote texts', None]),
    ('a.csv', 'a\n"x\ny"z\nfine\n', ["row 1 (line 2): not valid CSV (line 3: ',' expected after",
                                    "row 2 (line 3): not valid CSV (line 3: ',' expected after", None]),
    ('a.csv', 'a\nfine\n"x', [None, 'row 2 (line 3): not valid CSV (line 3: unexpected end of data); double the']),
    ('a.jsonl', '{}\n[1]\n{}\n', [None, 'line 2: not a JSON object, but a list; a file that is one list', None]),
    ('a.jsonl', '{}\n{"a"}\n{}\n', [None, 'line 2: not JSON (', None]),
    ('a.json', '[{}, 1]', [None, 'item 2: not a JSON object']),
    ('a.json', '{}\n{', [None, 'line 2: not JSON (Expecting property name']),
])
def test_a_bad_row_comes_with_the_reason_and_the_next_is_read(tmp_path, name, content, errors):
  (tmp_path / name).write_text(content)
  found = list(tables.read_rows(str(tmp_path / name)))
  for row, error in zip(found, errors, strict=True):
    assert row.error is None if error is None else f'{row.where}: {row.error}'.startswith(f'{tmp_path}/{name}, {error}')


_TABLE = 'text,n\nnaïve "film",1\nbad,2\n'


@pytest.mark.parametrize('name, content', [
    ('a.csv', _TABLE.replace(',', ';').encode()), ('a.csv', _TABLE.replace(',', '\t').encode()),
    ('a.tsv', _TABLE.replace(',', '\t').encode()), ('a.csv', _TABLE.replace(',', '|').encode()),
    ('a.csv', _TABLE.encode('utf-16')), ('a.csv', _TABLE.encode('utf-16-be')), ('a.csv', _TABLE.encode('utf-32')),
    ('a.csv', gzip.compress(_TABLE.encode())), ('a.csv.gz', _TABLE.encode()),
    ('a.csv.bz2', bz2.compress(_TABLE.encode())), ('a.csv.xz', lzma.compress(_TABLE.encode())),
    ('a.csv', _TABLE.replace('\n', '\r').encode()),
    ('a.tsv', 'text\tn\n"naïve ""film"""\t1\nbad\t2\n'.encode()),
])
def test_tables_are_read_as_people_have_them(tmp_path, name, content):
  (tmp_path / name).write_bytes(content)
  assert [row.values for row in tables.read_rows(str(tmp_path / name))] == [
      {'text': 'naïve "film"', 'n': '1'}, {'text': 'bad', 'n': '2'}]


def test_quotes_of_a_tab_separated_file_without_quoting_are_text(tmp_path):
  (tmp_path / 'a.tsv').write_text('text\tn\n"good" film\t1\nthe "\t2\n"all"\t3\n')
  assert [row.values['text'] for row in tables.read_rows(str(tmp_path / 'a.tsv'))] == ['"good" film', 'the "', 'all']


def test_json_lists_parquet_and_zip_give_the_same_rows(tmp_path):
  rows = [{'text': 'a', 'n': 1}, {'text': 'b', 'n': None}]
  (tmp_path / 'a.json').write_text(json.dumps(rows, indent=1))
  (tmp_path / 'b.json').write_text('\n'.join(map(json.dumps, rows)))
  parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / 'a.parquet')
  with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
    archive.write(tmp_path / 'a.parquet', 'folder/a.parquet')
    archive.writestr('__MACOSX/folder/._a.parquet', 'side file')
  for name in ('a.json', 'b.json', 'a.parquet', tables.resolve_zip(str(tmp_path / 'a.zip'))):
    assert [row.values for row in tables.read_rows(str(tmp_path / name))] == rows


def test_a_column_is_found_by_name_whatever_case_and_blanks():
  assert tables.find_column(['id', ' Text '], ['text', 'review']) == ' Text '
  assert tables.find_column(['Text', 'text'], ['text']) == 'text'
  assert tables.find_column(['id'], ['text']) is None
  with pytest.raises(ValueError, match='2 columns are called text'):
    tables.find_column(['Text', 'TEXT'], ['text'])


def test_side_files_of_programs_are_known_by_their_names():
  for name in ('a/._1_9.txt', '.DS_Store', '__MACOSX/a.txt', 'a/Thumbs.db', 'desktop.ini', 'a.csv~', '.a.swp', '#a#',
               'PaxHeader/a.txt', 'a/PaxHeaders.123/b.txt', '~$a.xlsx', '.git/a.txt', 'a.txt.bak'):
    assert text_files.is_side_file(name), name
  for name in ('./a/1_9.txt', '../a.txt', 'a.b/c.csv', 'a~b.txt', 'paxheader.txt'):
    assert not text_files.is_side_file(name), name
