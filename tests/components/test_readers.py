import gzip
import io
import json
import tarfile

import pytest

from components.imdb_example_gen import executor
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from models import features
from pipeline.sources import sample_data


def _layout(directory):
  for split in ('train', 'test'):
    for sentiment in ('pos', 'neg'):
      folder = directory / 'aclImdb' / split / sentiment
      folder.mkdir(parents=True)
      (folder / '7_8.txt').write_text(f'{split} {sentiment}')
  unlabelled = directory / 'aclImdb' / 'train' / 'unsup'
  unlabelled.mkdir()
  (unlabelled / '1_0.txt').write_text('no label')
  return directory


def _all(path):
  return sorted(review for part in readers.parts(str(path)) for review in readers.read(part))


def test_directory_and_archive_give_the_same_reviews(tmp_path):
  directory = _layout(tmp_path)
  archive = tmp_path / 'reviews.tar.gz'
  with tarfile.open(archive, 'w:gz') as file:
    file.add(directory / 'aclImdb', 'aclImdb')
  found = [review for review in _all(archive) if review.split != features.UNLABELED]
  assert found == _all(directory) == _all(directory / 'aclImdb')
  assert found[-1] == review_lib.Review('train', b'train pos', 1, 8, 'train/pos/7_8')
  assert len(found) == 4


def test_unlabeled_reviews_are_kept_apart(tmp_path):
  directory = _layout(tmp_path)
  archive = tmp_path / 'reviews.tar.gz'
  with tarfile.open(archive, 'w:gz') as file:
    file.add(directory / 'aclImdb' / 'train' / 'unsup', 'aclImdb/train/unsup')
  table = tmp_path / 'a.csv'
  table.write_text('text,label,split\nno label,,unlabeled\n')
  for source in (directory, archive, table):
    readers.check_unlabeled(str(source))
    part, = readers.unlabeled_parts(str(source))
    review, = readers.read(part)
    assert review[:4] == (features.UNLABELED, b'no label', features.NO_LABEL, 0)
  before = readers.unlabeled_hash(str(directory))
  (directory / 'aclImdb/train/unsup/1_0.txt').write_text('No label')
  assert readers.unlabeled_hash(str(directory)) != before
  with pytest.raises(ValueError, match='holds neither train/unsup/'):
    readers.check_unlabeled(str(directory / 'aclImdb' / 'test'))


def test_tables_and_jsonl_give_the_same_reviews(tmp_path):
  rows = [('Good, "very"\ngood', '1'), ('007', 'neg')]
  jsonl = tmp_path / 'a.jsonl.gz'
  lines = [json.dumps({'text': text, 'label': label}) + '\n' for text, label in rows]
  jsonl.write_bytes(gzip.compress(''.join(lines).encode()))
  table = tmp_path / 'a.csv'
  table.write_bytes('\ufefftext,label\n"Good, ""very""\ngood",1\n007,neg\n'.encode())
  assert _all(jsonl) == _all(table)
  assert [(review.text, review.label) for review in _all(table)] == [(b'007', 0), (b'Good, "very"\ngood', 1)]


def test_tables_in_a_directory_are_read_side_by_side_as_one(tmp_path):
  (tmp_path / 'b.csv').write_text('text,label,split\nthree,1,test\n')
  rows = [{'text': 'one', 'label': 0, 'split': 'eval'}, {'text': 'two', 'label': 1, 'split': 'eval'}]
  (tmp_path / 'a.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
  (tmp_path / 'readme.md').write_text('no table')
  assert readers.parts(str(tmp_path)) == [str(tmp_path / 'a.jsonl'), str(tmp_path / 'b.csv')]
  assert [review.text for review in _all(tmp_path)] == [b'one', b'two', b'three']
  assert readers.open_source(str(tmp_path)).has_eval_split()
  before = readers.content_hash(str(tmp_path))
  (tmp_path / 'a.jsonl').rename(tmp_path / 'c.jsonl')
  assert readers.content_hash(str(tmp_path)) != before
  assert not readers.open_source(str(tmp_path / 'b.csv')).has_eval_split()


@pytest.mark.parametrize('name, content, message', [
    ('a.csv', 'body,label\nx,1\n', 'needs the columns text and label; found: body, label; name others with --text-'),
    ('a.csv', '', 'found: nothing'),
    ('a.csv', 'text,label\nx,2\n', "the labels are '2' .1.: say what they mean with --labels, as in --labels 2=\\?"),
    ('a.csv', 'text,label\nx,1,y\n', 'row 1 .*3 fields where the header has 2'),
    ('a.tsv', 'text\tlabel\tsplit\nx\t1\tlater\n', "split 'later'; a split is one of train, eval, test, unlabeled"),
    ('a.jsonl', '{"text": "x"}\n', "line 1: no 'label'; found: text"),
    ('a.jsonl', '\n{"text": \n', 'line 2: not JSON'),
    ('a.tar.gz', 'no archive', 'not a readable tar archive'),
    ('a.xls', '', 'a spreadsheet; save it as CSV'),
    ('a.pkl', '', 'unknown kind of file'),
])
def test_wrong_content_names_the_place(tmp_path, name, content, message):
  path = tmp_path / name
  path.write_text(content)
  with pytest.raises(ValueError, match=message) as error:
    _all(path)
  assert str(path) in str(error.value)


def test_a_member_that_points_outside_is_refused(tmp_path):
  path = tmp_path / 'a.tar.gz'
  with tarfile.open(path, 'w:gz') as file:
    member = tarfile.TarInfo('../train/pos/1_9.txt')
    member.size = 1
    file.addfile(member, io.BytesIO(b'x'))
  with pytest.raises(ValueError, match='points outside'):
    _all(path)


def test_a_missing_class_is_named(tmp_path):
  (tmp_path / 'train' / 'pos').mkdir(parents=True)
  with pytest.raises(ValueError, match='train/neg/ is missing'):
    readers.check(str(tmp_path))


def test_eval_is_a_share_of_train_and_duplicates_stay_together():
  reviews = [review_lib.Review('train', str(i % 5000).encode(), 0, 0, str(i)) for i in range(10_000)]
  splits = [executor.choose_split(review, 0.1, 0.2) for review in reviews]
  assert splits[:5000] == splits[5000:]
  assert 0.08 < splits.count('eval') / len(splits) < 0.12
  assert 'test' not in splits
  assert executor.choose_split(reviews[0]._replace(split='test'), 0.1, 0.2) == 'test'


def test_reviews_without_splits_fill_all_three():
  splits = [executor.choose_split(review_lib.Review(None, str(i).encode(), 0, 0, ''), 0.1, 0.2) for i in range(10_000)]
  assert 0.17 < splits.count('test') / 10_000 < 0.23
  assert 0.06 < splits.count('eval') / 10_000 < 0.10


def test_the_hash_sees_the_content_alone(tmp_path):
  path = tmp_path / 'a.csv'
  path.write_text('text,label\nx,1\n')
  before = readers.content_hash(str(path))
  path.write_text('text,label\ny,1\n')
  assert readers.content_hash(str(path)) != before
  directory = _layout(tmp_path)
  before = readers.content_hash(str(directory))
  (directory / 'aclImdb/test/pos/7_8.txt').write_text('Test pos')
  assert readers.content_hash(str(directory)) != before


def test_the_sample_is_deterministic_balanced_and_varied():
  reviews = list(sample_data.generate_reviews(2000))
  assert reviews == list(sample_data.generate_reviews(2000))
  assert 0.45 < sum(label for _, label in reviews) / 2000 < 0.55
  lengths = [len(text.replace('<br />', '').split()) for text, _ in reviews]
  assert min(lengths) < 20 and max(lengths) > 800 and max(lengths) <= 1500
  assert len({text for text, _ in reviews}) == 2000
