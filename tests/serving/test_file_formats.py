"""Files that predict.py reads and writes: every format, malformed rows, and outputs that appear whole or not at all."""

import gzip
import itertools
import json
import zipfile

import pyarrow
from pyarrow import parquet
import pytest

from components.common import text_files
import predict
from serving import file_formats
from serving import prediction
from tests.serving import linear_model

_TEXTS = linear_model.TEXTS


def _score(model_dir, *arguments):
  return predict.main(['--model-dir', model_dir, *map(str, arguments)])


@pytest.mark.parametrize('name, output', [
    ('a.csv', 'b.csv'), ('a.tsv', 'b.tsv.gz'), ('a.csv.gz', 'b.jsonl'), ('a.jsonl', 'b.jsonl.gz'),
    ('a.jsonl.gz', 'b.csv')])
def test_a_file_keeps_its_columns_and_order(model_dir, tmp_path, name, output):
  rows = [{'id': str(number), 'text': text, 'label': '1'} for number, text in enumerate(_TEXTS)]
  if '.jsonl' in name:
    content = ''.join(json.dumps(row) + '\n\n' for row in rows).encode()
  else:
    content = b'\xef\xbb\xbf' + linear_model.csv_bytes(
        [list(rows[0]), *(row.values() for row in rows)], '\t' if '.tsv' in name else ',')
  (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith('.gz') else content)
  assert _score(model_dir, '--input', tmp_path / name, '--output', tmp_path / output) == 0
  scored = linear_model.read_rows(tmp_path / output)
  assert [list(row) for row in scored] == [['id', 'text', 'label', 'probability', 'prediction']] * len(rows)
  assert [{key: row[key] for key in ('id', 'text', 'label')} for row in scored] == rows
  assert [float(row['probability']) for row in scored] == pytest.approx(
      [linear_model.probability(text) for text in _TEXTS], abs=1e-6)
  assert [row['prediction'] for row in scored] == ['positive', 'negative', 'negative', 'positive', 'negative']
  assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, output])


def test_bytes_that_are_not_utf8_are_written_as_read(model_dir, tmp_path):
  (tmp_path / 'a.csv').write_bytes(b'text,name\ngood \xff,\xe9\n')
  assert _score(model_dir, '--input', tmp_path / 'a.csv', '--output', tmp_path / 'b.csv') == 0
  assert (tmp_path / 'b.csv').read_bytes().splitlines()[1].startswith(b'good \xff,\xe9,0.88079')


def test_json_values_are_written_as_read(model_dir, tmp_path):
  row = {'body': 'good \ud800', 'n': 1, 'x': 1.5, 'y': None, 'z': {'a': ['ü']}}
  (tmp_path / 'a.jsonl').write_text(json.dumps(row) + '\n')
  assert _score(model_dir, '--input', tmp_path / 'a.jsonl', '--text-column', 'body', '--output',
                tmp_path / 'b.jsonl') == 0
  scored, = linear_model.read_rows(tmp_path / 'b.jsonl')
  assert {key: scored[key] for key in row} == row
  assert 'ü' in (tmp_path / 'b.jsonl').read_text(encoding='utf-8')


def test_explanations_are_a_column_or_a_list(model_dir, tmp_path, capsys):
  (tmp_path / 'a.txt').write_text('good film, not bad\nremember\n')
  arguments = ['--input', tmp_path / 'a.txt', '--explain', '2']
  assert _score(model_dir, *arguments) == 0
  assert capsys.readouterr().out.splitlines() == [
      '0.2689  negative  good film, not bad', '        bad -3.00 good +2.00',
      '0.7311  positive  remember', '        remember +1.00']
  assert _score(model_dir, *arguments, '--format', 'csv') == 0
  assert capsys.readouterr().out.splitlines()[1].endswith(',negative,bad -3.00 good +2.00')
  assert _score(model_dir, *arguments, '--format', 'jsonl') == 0
  explanation = json.loads(capsys.readouterr().out.splitlines()[0])['explanation']
  assert explanation == [{'word': 'bad', 'effect': -3.0}, {'word': 'good', 'effect': 2.0}]


@pytest.mark.parametrize('name, content, message', [
    ('a.csv', 'body\nx\n', "no column 'text'; found: body; name the one with the text with --text-column"),
    ('a.csv', 'text,prediction\nx,1\n', "'prediction' would be added, but the rows have it already"),
    ('a.csv', 'text,text\nx,y\n', '2 columns are called text'),
    ('a.csv', 'text\n"x\n', 'line 2: unexpected end of data'),
    ('a.tsv', 'text\tn\n', 'holds no texts'),
    ('a.jsonl', '', 'holds no texts'),
    ('a.jsonl', '{"text": null}\n', "line 1: 'text' is missing (null) (none of the 1 rows can be scored"),
    ('a.jsonl', '{"body": "x"}\n', "line 1: no 'text'; found: body (none of the 1 rows can be scored"),
    ('a.jsonl', '[' * 100_000, 'line 1: not JSON (maximum recursion depth'),
    ('a.jsonl', '{"text": "x", "probability": 1}\n', "'probability' would be added"),
    ('a.jsonl', '{"text": "x", "error": 1}\n{"text": 1}\n', "'error' would be added"),
    ('a.xlsx', 'x', 'unknown kind of file; name a .txt, .csv, .tsv, .jsonl, .json or .parquet file'),
])
def test_a_bad_row_is_named_and_nothing_is_written(model_dir, tmp_path, capsys, name, content, message):
  path = tmp_path / name
  path.write_text(content)
  assert _score(model_dir, '--input', path, '--output', tmp_path / 'b.csv') == 1
  line, = capsys.readouterr().err.splitlines()
  assert line.startswith(f'predict.py: {path}') and message in line
  assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_midway_keeps_the_previous_output(model_dir, tmp_path, capsys):
  with gzip.open(tmp_path / 'a.jsonl.gz', 'wt') as file:
    file.writelines(f'{{"text": "good {number}"}}\n' for number in range(5000))
  (tmp_path / 'a.jsonl.gz').write_bytes((tmp_path / 'a.jsonl.gz').read_bytes()[:-2000])
  (tmp_path / 'b.jsonl').write_text('previous')
  assert _score(model_dir, '--input', tmp_path / 'a.jsonl.gz', '--output', tmp_path / 'b.jsonl') == 1
  assert 'a.jsonl.gz, after line ' in capsys.readouterr().err
  assert (tmp_path / 'b.jsonl').read_text() == 'previous'
  assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize('name, content, columns', [
    ('a.csv', 'n,text\n1,good\n2\n3,bad\n', ['n', 'text']),
    ('a.csv', 'n,text\n1,good\n2,"go"od\n3,bad\n', ['n', 'text']),
    ('a.jsonl', '{"n": 1, "text": "good"}\n{"n": 2, "text": null}\n{"n": 3, "text": "bad", "more": [1]}\n',
     ['n', 'text', 'more']),
    ('a.jsonl', '{"n": 1, "text": "good"}\n{"n": 2, "text": \n{"n": 3, "text": "bad"}\n', ['n', 'text']),
])
@pytest.mark.parametrize('output', ['b.csv', 'b.jsonl'])
def test_bad_rows_get_an_error_and_the_others_are_scored(model_dir, tmp_path, capsys, name, content, columns, output):
  (tmp_path / name).write_text(content)
  assert _score(model_dir, '--input', tmp_path / name, '--output', tmp_path / output) == 4
  assert '1 row could not be scored: see the column error' in capsys.readouterr().err
  good, wrong, bad = linear_model.read_rows(tmp_path / output)
  assert [good['prediction'], bad['prediction']] == ['positive', 'negative']
  assert not good['error'] and not bad['error'] and not wrong['probability'] and not wrong['prediction']
  assert wrong['error'].startswith(f'{tmp_path}/{name}, ') and '2' in wrong['error']
  if output == 'b.csv':
    assert list(good) == [*columns, 'probability', 'prediction', 'error']


def test_keys_that_differ_from_row_to_row_are_columns(model_dir, tmp_path):
  rows = [{'text': 'good', 'id': 1}, {'text': 'bad', 'id': 2, 'note': {'late': True}}, {'text': 'NUL \0 \ud800'}]
  (tmp_path / 'a.jsonl').write_text('\n'.join(map(json.dumps, rows)))
  assert _score(model_dir, '--input', tmp_path / 'a.jsonl', '--output', tmp_path / 'b.csv') == 0
  scored = linear_model.read_rows(tmp_path / 'b.csv')
  assert [(row['text'], row['id'], row['note']) for row in scored] == [
      ('good', '1', ''), ('bad', '2', '{"late": true}'), ('NUL \ufffd \ufffd', '', '')]


def test_parquet_and_zipped_tables_are_scored(model_dir, tmp_path, capsys):
  parquet.write_table(pyarrow.Table.from_pylist([{'review': 'good', 'n': 1}]), tmp_path / 'a.parquet')
  with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
    archive.write(tmp_path / 'a.parquet', 'a.parquet')
  for name in ('a.parquet', 'a.zip', 'a.zip:a.parquet'):
    assert _score(model_dir, '--input', tmp_path / name) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row['review'], row['n'], row['prediction']) == ('good', 1, 'positive')


def test_endless_rows_are_scored_as_they_come():
  rows = (file_formats.Input({'text': str(number)}, str(number)) for number in itertools.count())
  results = prediction.score_rows(rows, lambda texts: [0.5] * len(texts), None, 100)
  assert [scored.text for scored in itertools.islice(results, 250)] == [str(number) for number in range(250)]


@pytest.mark.parametrize('name, content', [
    ('a.txt.gz', 'x' * 2000), ('a.jsonl.gz', '{"text": "' + 'x' * 2000), ('a.csv.gz', 'text\n' + 'x' * 2000)])
def test_an_endless_line_is_refused_in_bounded_memory(name, content, tmp_path, monkeypatch):
  monkeypatch.setattr(text_files, 'MAX_CHARACTERS', 1000)
  (tmp_path / name).write_bytes(gzip.compress(content.encode()))
  with pytest.raises(ValueError, match=f'{name}, line [12]: a line of 1,000 characters or more'):
    list(file_formats.read(str(tmp_path / name), 'text'))
