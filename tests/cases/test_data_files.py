"""Data files as people have them: side files, missing texts, columns and labels of others, ids, keys that differ."""

import json
import tarfile

import pytest

from components.imdb_example_gen import executor
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from models import features
from pipeline.kubeflow import command_line as kubeflow_command_line
from pipeline.local import command_line
import predict
from tests.faults import ingestion
from tests.serving import linear_model

_APPLE_DOUBLE = b'\0\5\x16\7\0\2\0\0Mac OS X        ' + bytes(60)


def _read(path, report=review_lib.refuse_bad_rows):
  return [review for part in readers.parts(str(path)) for review in readers.read(part, report=report)]


def test_side_files_of_macos_are_no_reviews(tmp_path):
  for split in ('train', 'test'):
    for label, stars in (('neg', 2), ('pos', 9)):
      folder = tmp_path / 'aclImdb' / split / label
      folder.mkdir(parents=True)
      for number in range(3):
        (folder / f'{number}_{stars}.txt').write_text(f'{label} review {number}')
        (folder / f'._{number}_{stars}.txt').write_bytes(_APPLE_DOUBLE)
  with tarfile.open(tmp_path / 'mac.tar.gz', 'w:gz') as archive:
    archive.add(tmp_path / 'aclImdb', 'aclImdb')
  for name in ('aclImdb', 'mac.tar.gz'):
    problems = []
    found = _read(tmp_path / name, problems.append)
    assert len(found) == 12 and not any(review.text.startswith(_APPLE_DOUBLE[:4]) for review in found)
    assert [problem.kind for problem in problems] == [review_lib.OTHER_FILES] * 12


@pytest.mark.parametrize('name, content', [
    ('nan.jsonl', '{"text": NaN, "label": 1}\n'), ('null.jsonl', '{"text": null, "label": 1}\n'),
    ('number.jsonl', '{"text": 12, "label": 0}\n'), ('absent.jsonl', '{"label": 0}\n'),
    ('empty.jsonl', '{"text": " \\n", "label": 0}\n'), ('empty.csv', 'text,label\n,1\n'),
    ('nan.csv', 'text,label\nnan,1\n'), ('na.tsv', 'text\tlabel\n<NA>\t1\n'),
    ('list.json', '[{"text": null, "label": 1}]')])
def test_a_missing_text_is_never_trained_on(tmp_path, name, content):
  (tmp_path / name).write_text(content)
  with pytest.raises(ValueError, match=f"{name}, (row|line|item) 1.*: (no )?'text'"):
    _read(tmp_path / name)
  problems = []
  assert not _read(tmp_path / name, problems.append) and len(problems) == 1


def test_the_word_nan_of_a_format_that_has_null_is_a_text(tmp_path):
  (tmp_path / 'a.jsonl').write_text('{"text": "nan", "label": 1}\n')
  assert [review.text for review in _read(tmp_path / 'a.jsonl')] == [b'nan']


def test_columns_and_labels_of_others_are_named_with_flags(tmp_path):
  (tmp_path / 'a.csv').write_text('body,stars\ngood,2\nbad,1\n')
  flags = ['--text-column', 'body', '--label-column', 'stars', '--labels', '1=negative,2=positive', '--strict']
  arguments = command_line.build_parser().parse_args(['--data', str(tmp_path / 'a.csv'), *flags])
  options = command_line.create_configs(arguments)[0].table_options()
  source = readers.open_source(arguments.data, options)
  assert [(review.text, review.label) for review in readers.read(arguments.data, source)] == [(b'good', 1), (b'bad', 0)]
  assert options.max_bad_rows == 0
  assert kubeflow_command_line.build_parser().parse_args(['compile', '--engine', 'v2', *flags]).labels == options.labels


@pytest.mark.slow
def test_few_bad_rows_are_dropped_and_many_are_refused(tmp_path):
  lines = ['{"text": null, "label": 1}', *(json.dumps({'text': f'text {i}', 'label': i % 2}) for i in range(200))]
  (tmp_path / 'a.jsonl').write_text('\n'.join(lines))
  examples = ingestion.run_example_gen(tmp_path / 'a.jsonl', tmp_path)
  assert examples.get_int_custom_property(review_lib.BAD_ROWS) == 1
  assert examples.get_string_custom_property(executor.BAD_ROW_EXAMPLES).endswith(
      "a.jsonl, line 1: 'text' is missing (null)")
  (tmp_path / 'a.jsonl').write_text('\n'.join([*lines, '{"text": 7, "label": 1}', '{"label": 1}']))
  with pytest.raises(ValueError, match=(
      "a.jsonl, line 1: 'text' is missing .null. .3 of 203 rows cannot be used; also .*line 202: .*; .*line 203: .*; "
      'correct them, or accept more than 0.01 of the rows with --set max_bad_rows')):
    ingestion.run_example_gen(tmp_path / 'a.jsonl', tmp_path)
  with pytest.raises(Exception, match="a.jsonl, line 1: 'text' is missing"):
    ingestion.run_example_gen(tmp_path / 'a.jsonl', tmp_path, max_bad_rows=0.0)


def test_ids_that_are_not_unique_are_made_so(tmp_path):
  (tmp_path / 'a.jsonl').write_text(''.join(json.dumps(
      {'text': f'text {number}', 'label': number % 2, 'review_id': f'film-{number % 5}'}) + '\n'
                                             for number in range(100)))
  _, found = ingestion.ingest(tmp_path / 'a.jsonl', tmp_path)
  ids = [example.features.feature['review_id'].bytes_list.value[0].decode() for split in found.values()
         for example in split]
  assert len(set(ids)) == 100 and all(id_.startswith('film-') for id_ in ids)


@pytest.mark.slow
def test_reviews_that_are_equal_to_a_model_do_not_leak(tmp_path):
  variants = (lambda text: text.replace(' ', '  ') + '\n', str.upper, lambda text: f'<br />{text}!', '"{}"'.format,
              lambda text: text.replace('film', '\uff46\uff49\uff4c\uff4d&nbsp;'))
  rows = []
  for number in range(80):
    text = f'{"good" if number % 2 else "bad"} film number {number}'
    rows += [(text, number % 2, 'test'), (variants[number % 5](text), number % 2, 'train'),
             (f'another {text}', number % 2, 'train' if number % 3 else 'eval')]
  (tmp_path / 'a.jsonl').write_text(
      ''.join(json.dumps(dict(zip(('text', 'label', 'split'), row))) + '\n' for row in rows))
  counts, found = ingestion.ingest(tmp_path / 'a.jsonl', tmp_path)
  assert (counts[features.TEST], counts[executor.CROSS_SPLIT_DUPLICATES]) == (80, 80)
  assert all(text.startswith(b'another') for text in ingestion.texts(found[features.TRAIN]))


def test_a_nul_in_a_table_is_read_for_training_and_scoring(tmp_path):
  (tmp_path / 'a.csv').write_bytes(b'text,label\na go\0od film,1\nbad film,0\n')
  assert len(_read(tmp_path / 'a.csv')) == 2
  model_dir = linear_model.save(tmp_path / 'model', 1)
  arguments = ['--model-dir', model_dir, '--input', str(tmp_path / 'a.csv'), '--output', str(tmp_path / 'b.csv')]
  assert predict.main(arguments) == 0
  assert [row['text'] for row in linear_model.read_rows(tmp_path / 'b.csv')] == ['a go\ufffdod film', 'bad film']


def test_keys_that_differ_from_row_to_row_are_scored(tmp_path):
  (tmp_path / 'a.jsonl').write_text(
      '{"text": "a good film", "id": 1}\n{"text": "a bad film", "id": 2, "note": "late"}\n{"text": "a film"}\n')
  model_dir = linear_model.save(tmp_path / 'model', 1)
  arguments = ['--model-dir', model_dir, '--input', str(tmp_path / 'a.jsonl'), '--output', str(tmp_path / 'b.csv')]
  assert predict.main(arguments) == 0
  assert [row['note'] for row in linear_model.read_rows(tmp_path / 'b.csv')] == ['', 'late', '']
