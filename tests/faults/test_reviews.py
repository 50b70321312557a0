"""Hostile reviews: each file is read for real, by the component's own readers or, in Beam, by its executor."""

import collections
import csv
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile

import pytest

from components.common import custom_properties
from components.imdb_example_gen import executor
from components.imdb_example_gen import readers
from models import features
from pipeline.sources import sample_data
from tests.e2e import pipeline_runs
from tests.faults import ingestion


def _table(path, rows, header=('text', 'label', 'split')):
  with open(path, 'w', newline='', encoding='utf-8') as file:
    csv.writer(file).writerows([header, *rows])
  return path


def _rows(*more):
  """One review a split and class, and more."""
  return [(f'{split} {label}', label, split) for split in features.SPLITS for label in (0, 1)] + list(more)


def _refused(path, message):
  with pytest.raises(ValueError, match=message) as error:
    source = readers.open_source(str(path))
    for part in readers.parts(str(path)):
      collections.deque(readers.read(part, source), maxlen=0)
  assert str(path) in str(error.value)


def _refused_by_executor(path, directory, message):
  with pytest.raises(Exception, match=message) as error:
    ingestion.ingest(path, directory)
  assert str(path) in str(error.value)


@pytest.mark.parametrize('name, content, message', [
    ('header.csv', 'text,label\n', 'a split without reviews: train 0, eval 0, test 0'),
    ('empty.jsonl', '', 'a split without reviews'),
    ('few.csv', 'text,label,split\na,1,train\nb,0,train\nc,1,test\n', 'a split without reviews: .*eval 0, test 1'),
    ('null.csv', 'text,label\na,\n', "row 1 .*'label' is missing"),  # the readers' refusals end the step, too
])
def test_a_wrong_source_ends_the_step(tmp_path, name, content, message):
  path = tmp_path / name
  path.write_text(content)
  _refused_by_executor(path, tmp_path, message)


@pytest.mark.parametrize('name, content, message', [
    ('empty.csv', '', 'found: nothing'),
    ('misspelt.csv', 'body,label\na,1\n', 'needs the columns text and label; found: body, label'),
    ('label.csv', 'text,label\na,1\nb,7\n', "labels are '1' .1., '7' .1.: say what they mean with --labels, as in"),
    ('words.csv', 'text,label\na,good\n', "labels are 'good' .1.: say what they mean with --labels, as in"),
    ('spilt.csv', 'text,label,spilt\na,1,test\n', "unknown column 'spilt'; rename it to 'split' if"),
    ('spilt.jsonl', '{"text": "a", "label": 1, "spilt": "test"}\n',
     "line 1: unknown column 'spilt'; rename it to 'split'"),
    ('twice.csv', 'text,label,text\na,1,b\n', '2 columns are called text; rename all but one'),
    ('stars.csv', 'text,label,rating\na,1,\u00b2\n', "row 1 .*rating '\u00b2'; a rating is a whole number from 1"),
    ('list.jsonl', '{"text": ["a"], "label": 1}\n', "line 1: 'text' is \\[\"a\"\\], not a string"),
    ('deep.jsonl', '[' * 100_000, 'line 1: not JSON'),
    ('large.jsonl', '{"text": "a", "label": %s}' % ('9' * 5_000), 'line 1: not JSON'),
    ('null.jsonl', '{"text": "a", "label": null}\n', "line 1: .*label"),
    ('number.jsonl', '[1, 2]\n', 'line 1: not a JSON object'),
    ('stray.csv', 'text,label\n"good film,1\nbad film,0\n', 'line 3: unexpected end of data'),
    ('stray.csv', 'text,label\n"good film,1\nbad "film",0\n', "line 3: ',' expected after '\"'"),
    ('merged.csv', 'text,label\n"good film,1\nbad film",0\n',
     "row 1 .*each of its 2 lines is a complete row, such as 'good film,1': a stray quote may"),
    ('merged.csv', 'label;text\n1;"good film\n0;bad film"\n', 'row 1 .*a stray quote'),
    ('merged.csv', 'id,text,label\r\n1,"good,pos\r\n2,bad,neg\r\n3,bad",0\r\n', 'row 1 .*each of its 3 lines'),
    ('merged.csv', 'label,text,split\n1,"the 9,train\n0,bad",test\n', "row 1 .*'1,the 9,train': a stray quote"),
    ('merged.csv', 'text,label\nfine,1\n"good,1\nbad",0\n"good,1\nbad",0\n', 'row 2 '),
])
def test_a_wrong_table_is_refused_by_name_and_row(tmp_path, name, content, message):
  path = tmp_path / name
  path.write_text(content)
  _refused(path, message)


@pytest.mark.parametrize('header', [('text', 'label'), ('label', 'text'), ('review_id', 'text', 'label', 'split')])
@pytest.mark.parametrize('delimiter', [',', '\t'])
@pytest.mark.parametrize('text', [
    'Was it good?\nAll in all, positive\nand I would go again',  # lines that end as a row could
    'negative, positive\nnegative, positive',
    'I give it 8,0\nand the music 7,1',
    '0,5 for the plot\n1,5 for the music',
    'good,1\nGood, but long',
    'It began well,\n1\n\n0',
    'Good\n', '1\n0', '1,\n0,', '"good",1\n"bad",0 ',
], ids=repr)
def test_a_quoted_text_of_several_lines_is_read(tmp_path, header, delimiter, text):
  path = tmp_path / ('a.csv' if delimiter == ',' else 'a.tsv')
  values = {'text': text, 'label': 1, 'split': 'train', 'review_id': 7}
  with open(path, 'w', newline='', encoding='utf-8') as file:
    csv.writer(file, delimiter=delimiter).writerows([header, [values[name] for name in header]])
  review, = readers.read(str(path))
  assert (review.text, review.label) == (text.encode(), 1)


@pytest.mark.parametrize('rating, expected', [('7', 7), ('7.0', 7), ('10.0', 10), ('', 0), ('0', 0), (' 9 ', 9)])
def test_a_rating_may_be_written_as_a_float(tmp_path, rating, expected):
  (tmp_path / 'a.csv').write_text(f'text,label,rating\na,1.0,{rating}\n')
  (tmp_path / 'a.jsonl').write_text(json.dumps({'text': 'a', 'label': 1.0, 'rating': float(rating or 0)}))
  for name in 'a.csv', 'a.jsonl':
    review, = readers.read(str(tmp_path / name))
    assert (review.rating, review.label) == (expected, 1)


@pytest.mark.parametrize('rating', ['7.5', '11', '11.0', '-1', '7.00', '1e1', '7.'])
def test_a_rating_that_is_not_a_whole_number_is_refused(tmp_path, rating):
  (tmp_path / 'a.csv').write_text(f'text,label,rating\na,1,{rating}\n')
  with pytest.raises(ValueError, match='row 1 .*a rating is a whole number from 1 to 10'):
    list(readers.read(str(tmp_path / 'a.csv')))


def test_binary_content_is_refused_in_printable_words(tmp_path):
  path = tmp_path / 'a.csv'
  path.write_bytes(b'\x89PNG\x1a\xff\xfe')
  _refused(path, 'needs the columns text and label; found: bytes that are not text')


@pytest.mark.parametrize('name', ['a.csv.gz', 'a.tsv.gz', 'a.jsonl.gz', 'a.tar.gz'])
@pytest.mark.parametrize('damage', [
    lambda packed: packed[:-1000], lambda packed: packed[:5000] + b'?' * 40 + packed[5040:]])
def test_a_gzip_file_that_was_cut_off_or_spoilt_is_refused(tmp_path, name, damage):
  path = tmp_path / name
  rows = [(hashlib.sha256(b'%d' % number).hexdigest(), number % 2) for number in range(1000)]
  if name.startswith('a.tar'):
    with tarfile.open(path, 'w:gz') as archive:
      for number, (text, _) in enumerate(rows):
        _member(archive, f'aclImdb/train/pos/{number}_9.txt', text.encode())
  elif name.startswith('a.jsonl'):
    lines = [json.dumps(dict(zip(('text', 'label'), row))) + '\n' for row in rows]
    path.write_bytes(gzip.compress(''.join(lines).encode()))
  else:
    delimiter = '\t' if name.startswith('a.tsv') else ','
    lines = [delimiter.join(map(str, row)) + '\n' for row in [('text', 'label'), *rows]]
    path.write_bytes(gzip.compress(''.join(lines).encode()))
  path.write_bytes(damage(path.read_bytes()))
  _refused(path, '(line|row|not a readable tar archive) .*')


_BOMBS = {
    'line.csv.gz': lambda: b'text,label\n' + b'0' * 300_000_000,
    'line.jsonl.gz': lambda: b'{"text": "' + b'0' * 300_000_000,
    'row.csv.gz': lambda: b'text,label\n' + b'"a line\n",' * 30_000_000,
}
_READ, _PREDICT = 'from components.imdb_example_gen.readers import read', 'from serving.file_formats import read'


@pytest.mark.slow
@pytest.mark.parametrize('name, reader, columns, message', [
    *((name, _READ, (), f'a {name[:4].rstrip(".")} of 100,000,000 characters or more') for name in _BOMBS),
    ('row.csv.gz', _PREDICT, ('text',), 'a row of 100,000,000 characters or more; a quote may be left open'),
], ids=[*_BOMBS, 'row.csv.gz to score'])
def test_an_endless_line_or_row_is_refused_in_bounded_memory(tmp_path, name, reader, columns, message):
  path = tmp_path / name
  path.write_bytes(gzip.compress(_BOMBS[name](), 1))
  assert path.stat().st_size < 3_000_000
  _read_in_at_most(1_500, path, message, reader, *columns)


def _read_in_at_most(megabytes, path, expected, reader=_READ, *columns):
  """Read a source in a process of its own, which may take no more memory than that."""
  program = (f'import resource, sys; {reader}\n'
             f'resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20))\n'
             'try:\n  print(sum(1 for _ in read(*sys.argv[1:])))\nexcept ValueError as error:\n  print(error)')
  done = subprocess.run([sys.executable, '-c', program, str(path), *columns], cwd=pipeline_runs.PROJECT,
                        capture_output=True, text=True, check=True)
  assert expected in done.stdout


def test_an_empty_directory_and_missing_classes_are_refused(tmp_path):
  _refused_at_once = pytest.raises(ValueError, match='holds neither train/ and test/')
  with _refused_at_once:
    readers.check(str(tmp_path))
  for split, sentiment in (('train', 'pos'), ('train', 'neg'), ('test', 'pos')):
    (tmp_path / split / sentiment).mkdir(parents=True)
  with pytest.raises(ValueError, match='test/neg/ is missing'):
    readers.check(str(tmp_path))
  (tmp_path / 'test' / 'neg').mkdir()
  _refused_by_executor(tmp_path, tmp_path, 'a split without reviews: train 0, eval 0, test 0')


def _member(archive, name, content=b'a review', **attributes):
  member = tarfile.TarInfo(name)
  member.size = len(content)
  for key, value in attributes.items():
    setattr(member, key, value)
  archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize('name, attributes, message', [
    ('../../evil/train/pos/1_9.txt', {}, 'points outside of the archive'),
    ('/train/pos/1_9.txt', {}, 'points outside of the archive'),
    ('aclImdb/train/pos/1_9.txt', {'type': tarfile.SYMTYPE, 'linkname': '/etc/passwd', 'size': 0}, 'is a link'),
    ('aclImdb/train/pos/1_9.txt', {'type': tarfile.LNKTYPE, 'linkname': '../../x', 'size': 0}, 'is a link'),
])
def test_an_archive_that_points_outside_leaves_nothing(tmp_path, name, attributes, message):
  path = tmp_path / 'reviews.tar.gz'
  with tarfile.open(path, 'w:gz') as archive:
    _member(archive, name, **attributes)
  _refused_by_executor(path, tmp_path / 'out', message)
  assert not list((tmp_path / 'out').rglob('*.gz'))
  assert {path.name for path in tmp_path.iterdir()} <= {'out', 'reviews.tar.gz'}


def test_an_archive_bomb_is_refused_before_it_is_unpacked(tmp_path):
  path = tmp_path / 'bomb.tar.gz'
  with gzip.open(path, 'wb') as file:
    member = tarfile.TarInfo('aclImdb/train/pos/1_9.txt')
    member.size = 10**12  # said, not there: nothing may try to read it
    file.write(member.tobuf())
  _refused(path, 'holds 1,000,000,000,000 bytes; refused')


@pytest.mark.parametrize('kind', [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_header_that_would_fill_the_memory_is_refused(tmp_path, kind):
  path = tmp_path / 'bomb.tar.gz'
  with gzip.open(path, 'wb') as file:
    member = tarfile.TarInfo('aclImdb/train/pos/1_9.txt')
    member.type, member.size = kind, 10**12
    file.write(member.tobuf(tarfile.GNU_FORMAT))
  _refused(path, 'not a readable tar archive .a header of 1,000,000,000,000 bytes')


def test_a_truncated_archive_is_refused(tmp_path):
  path = tmp_path / 'reviews.tar.gz'
  with tarfile.open(path, 'w:gz') as archive:
    for number in range(200):
      _member(archive, f'aclImdb/train/pos/{number}_9.txt', bytes(str(number) * 500, 'ascii'))
  path.write_bytes(path.read_bytes()[:-200])
  _refused(path, 'not a readable tar archive .*; download or copy it again')


@pytest.mark.parametrize('damage', [
    lambda content: content[:100 * 1024],  # between two members
    lambda content: content[:100 * 1024 + 300],
    lambda content: content[:100 * 1024] + b'?' + content[100 * 1024 + 1:],
])
def test_an_archive_damaged_in_the_middle_is_refused(tmp_path, damage):
  path = tmp_path / 'reviews.tar'
  with tarfile.open(path, 'w') as archive:
    for number in range(200):
      _member(archive, f'aclImdb/train/pos/{number}_9.txt')
  path.write_bytes(damage(path.read_bytes()))
  _refused(path, 'not a readable tar archive .broken or cut off: ')


def test_a_gzip_checksum_that_is_wrong_is_noticed(tmp_path):
  path = tmp_path / 'reviews.tar.gz'
  with tarfile.open(path, 'w:gz', compresslevel=0) as archive:
    _member(archive, 'aclImdb/train/pos/1_9.txt', b'a good film')
  path.write_bytes(path.read_bytes().replace(b'good', b'evil'))
  _refused(path, 'not a readable tar archive .CRC check failed')


def test_quoted_fields_are_one_review_and_numbers_stay_text(tmp_path):
  rows = _rows(('Good, very "good",\nindeed', 1, 'train'), ('007', 0, 'train'), ('1e5', 'pos', 'train'))
  _, found = ingestion.ingest(_table(tmp_path / 'a.csv', rows), tmp_path)
  assert sorted(ingestion.texts(found['train'])) == [
      b'007', b'1e5', b'Good, very "good",\nindeed', b'train 0', b'train 1']


@pytest.mark.slow
@pytest.mark.parametrize('raw, clean', [
    ('caf\u00e9'.encode('latin-1'), 'caf\ufffd'.encode()),
    (b'bad \xff\xfe bytes', b'bad \xef\xbf\xbd\xef\xbf\xbd bytes'),
    (b'a NUL\x00 byte', b'a NUL\xef\xbf\xbd byte'),
])
def test_invalid_utf_8_is_replaced_and_counted_in_every_format(tmp_path, raw, clean):
  table = _table(tmp_path / 'a.csv', _rows(('HERE', 1, 'train')))
  table.write_bytes(b'\xef\xbb\xbf' + table.read_bytes().replace(b'HERE', raw))
  lines = [json.dumps(dict(zip(('text', 'label', 'split'), row))) for row in _rows(('HERE', 1, 'train'))]
  jsonl = tmp_path / 'a.jsonl.gz'
  jsonl.write_bytes(gzip.compress('\n'.join(lines).encode().replace(b'HERE', raw.replace(b'\x00', b'\\u0000'))))
  archive = tmp_path / 'a.tar'
  with tarfile.open(archive, 'w') as file:
    for number in range(60):
      _member(file, f'aclImdb/train/pos/{number}_9.txt', b'a review %d' % number)
    _member(file, 'aclImdb/test/neg/1_1.txt', b'another review')
    _member(file, 'aclImdb/train/neg/1_1.txt', raw)
  for path in (table, jsonl, archive):
    counts, found = ingestion.ingest(path, tmp_path / path.suffix)
    assert counts[executor.CLEANED] == 1
    assert clean in ingestion.texts(found['train'] + found['eval'])


@pytest.mark.slow
def test_files_whose_names_are_not_utf8_are_read(tmp_path):
  for split in ('train', 'test'):
    for sentiment in ('pos', 'neg'):
      folder = tmp_path / 'data' / split / sentiment
      folder.mkdir(parents=True)
      for number in range(40):
        with open(os.fsencode(folder) + b'/caf\xe9%d_7.txt' % number, 'wb') as file:
          file.write(f'{split} {sentiment} {number}'.encode())
  with tarfile.open(tmp_path / 'a.tar', 'w') as archive:
    archive.add(tmp_path / 'data', 'aclImdb')
  for path in (tmp_path / 'data', tmp_path / 'a.tar'):
    counts, found = ingestion.ingest(path, tmp_path / f'from {path.name}')
    assert sum(counts[split] for split in features.SPLITS) + counts[executor.CROSS_SPLIT_DUPLICATES] == 160
    id_ = found['test'][0].features.feature['review_id'].bytes_list.value[0].decode()
    assert re.fullmatch(r'test/(pos|neg)/caf\\udce9\d+_7', id_)


def test_a_lone_surrogate_of_json_is_replaced(tmp_path):
  rows = [json.dumps({'text': text, 'label': label, 'split': split}) for text, label, split in _rows()]
  (tmp_path / 'a.jsonl').write_text('\n'.join([*rows, '{"text": "odd \\ud800", "label": 1, "split": "train"}']))
  counts, found = ingestion.ingest(tmp_path / 'a.jsonl', tmp_path)
  assert counts[executor.CLEANED] == 1
  assert any(text.startswith(b'odd \xef\xbf\xbd') for text in ingestion.texts(found['train']))


@pytest.mark.slow
def test_a_review_of_50_megabytes_is_one_review(tmp_path):
  _, found = ingestion.ingest(_table(tmp_path / 'a.csv', _rows(('word ' * 10_000_000, 1, 'train'))), tmp_path)
  assert max(map(len, ingestion.texts(found['train']))) == 50_000_000


@pytest.mark.slow
def test_a_million_short_rows_take_little_memory(tmp_path):
  path = tmp_path / 'a.csv'
  with path.open('w') as file:
    file.write('text,label\n')
    file.writelines(f'short {number},{number % 2}\n' for number in range(1_000_000))
  _read_in_at_most(300, path, '1000000')


def test_cross_split_duplicates_are_dropped_from_train(tmp_path):
  rows = _rows(
      ('the same', 1, 'train'), ('the same', 1, 'test'), ('the same', 1, 'test'), ('mine', 0, 'eval'),
      ('mine', 0, 'train'), ('twice', 1, 'train'), ('twice', 1, 'train'), ('both', 0, 'train'), ('both', 1, 'train'))
  counts, found = ingestion.ingest(_table(tmp_path / 'a.csv', rows), tmp_path)
  assert sorted(ingestion.texts(found['train'])) == [b'both', b'both', b'train 0', b'train 1', b'twice', b'twice']
  assert ingestion.texts(found['test']).count(b'the same') == 2 and b'mine' in ingestion.texts(found['eval'])
  expected = {'train': 6, 'eval': 3, 'test': 4, executor.CROSS_SPLIT_DUPLICATES: 2, executor.CONTRADICTING: 1}
  assert {name: count for name, count in counts.items() if count} == expected


@pytest.mark.slow
def test_unlabeled_reviews_are_a_split_and_never_those_of_test(tmp_path):
  rows = _rows(('nobody knows', '', 'unlabeled'), ('test 1', '', 'unlabeled'), ('train 1', '', 'unlabeled'))
  path = _table(tmp_path / 'a.csv', rows)
  counts, found = ingestion.ingest(path, tmp_path)
  assert counts[features.UNLABELED] == 0 and features.UNLABELED not in found
  counts, found = ingestion.ingest(path, tmp_path / 'with', unlabeled=path)
  assert ingestion.texts(found[features.UNLABELED]) == [b'nobody knows']
  assert [example.features.feature['label'].int64_list.value[0] for example in found[features.UNLABELED]] == [-1]
  names = features.UNLABELED, executor.CROSS_SPLIT_DUPLICATES, executor.CONTRADICTING
  assert [counts[name] for name in names] == [1, 2, 0]


@pytest.mark.slow
def test_rows_of_an_unlabeled_table_need_only_a_text(tmp_path):
  path = _table(tmp_path / 'a.csv', _rows())
  (tmp_path / 'texts.jsonl').write_text('{"text": "nobody knows"}\n{"text": "somebody does"}\n')
  counts, found = ingestion.ingest(path, tmp_path, unlabeled=tmp_path / 'texts.jsonl')
  assert sorted(ingestion.texts(found[features.UNLABELED])) == [b'nobody knows', b'somebody does']
  assert counts['bad_rows'] == 0
  (tmp_path / 'labelled').mkdir()
  counts, _ = ingestion.ingest(path, tmp_path / 'labelled', unlabeled=path)
  assert counts[features.UNLABELED] == 0


@pytest.mark.slow
def test_properties_name_the_unlabeled_reviews(tmp_path):
  path = _table(tmp_path / 'a.csv', _rows())
  other = _table(tmp_path / 'more.csv', _rows(('nobody knows', '', 'unlabeled')))
  found = {}
  for name, unlabeled in (('none', ''), ('same', path), ('other', other)):
    examples = ingestion.run_example_gen(path, tmp_path / name, unlabeled=unlabeled)
    found[name] = custom_properties.read_properties(examples)
  # A source without unlabeled reviews adds none.
  assert found['none']['content_hash'] == found['same']['content_hash'] == readers.content_hash(str(path))
  assert 'unlabeled_hash' not in found['same']
  expected = {'data_hash': readers.content_hash(str(path)), 'unlabeled_hash': readers.unlabeled_hash(str(other)),
              'unlabeled_source': 'more.csv', 'unlabeled_flag': '--unlabeled'}
  assert expected.items() <= found['other'].items()
  assert found['other']['content_hash'] not in (*expected.values(), found['none']['content_hash'])
  assert {'eval_share': 0.1, 'test_share': 0.2}.items() <= json.loads(found['other']['settings']).items()


@pytest.mark.slow
@pytest.mark.parametrize('renamed', ['reviews.jsonl.gz', 'folder/part.jsonl.gz'])
def test_sample_data_is_recognised_by_its_rows(tmp_path, renamed):
  path = tmp_path / renamed
  sample_data.write_sample(str(path), 60)
  examples = ingestion.run_example_gen(path if path.parent == tmp_path else path.parent, tmp_path)
  assert examples.get_int_custom_property('sample_reviews') == 60
