"""Archives, directories and tables as people have them: nothing is lost or doubled without a word."""

import io
import json
import tarfile
import zipfile

import pytest

from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from components.imdb_example_gen import review_rows
from models import features

_NAMES = [f'{split}/{sentiment}/{number}_{stars}.txt' for split in ('train', 'test')
          for sentiment, stars in (('neg', 1), ('pos', 10)) for number in (1, 2)]
_OFFICIAL = ['README', 'imdb.vocab', 'train/urls_pos.txt', 'train/labeledBow.feat', 'test/urls_neg.txt']


def _tar(path, names, text='a review', mode='w', prefix='aclImdb/'):
  with tarfile.open(path, mode) as archive:
    for name in names:
      member = tarfile.TarInfo(prefix + name)
      content = f'{text} {name}'.encode()
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
  return path


def _zip(path, names):
  with zipfile.ZipFile(path, 'w') as archive:
    for name in names:
      archive.writestr(f'aclImdb/{name}', f'a review {name}')
  return path


def _directory(path, names):
  for name in names:
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(f'a review {name}')
  return path


def _read(path):
  """Return the reviews and the kinds of the problems."""
  problems = []
  found = [review for part in readers.parts(str(path)) for review in readers.read(part, report=problems.append)]
  readers.report_other_files(str(path), problems.append)
  return found, sorted(problem.kind for problem in problems)


@pytest.mark.parametrize('make, name', [(_tar, 'a.tar'), (_zip, 'a.zip'), (_directory, 'a')])
@pytest.mark.parametrize('more, kinds', [
    (_OFFICIAL, []),
    (['.DS_Store', 'train/pos/._1_10.txt', 'train/pos/Thumbs.db', '__MACOSX/train/pos/3_10.txt', 'train/pos/1_10.txt~',
      'PaxHeader/train/neg/1_1.txt', 'notes.md'], [review_lib.OTHER_FILES] * 7),
    (['train/pos/3_10.TXT', 'train/neutral/3_5.txt', 'valid/pos/3_9.txt', 'train/pos/more/3_9.txt'],
     [review_lib.BAD_ROWS] * 4),
])
def test_what_the_layout_does_not_say_is_counted(tmp_path, make, name, more, kinds):
  found, problems = _read(make(tmp_path / name, [*_NAMES, *more]))
  assert len({review.review_id for review in found}) == len(found) == len(_NAMES)
  assert problems == kinds


def test_concatenated_archives_are_read_as_one(tmp_path):
  first, second = (_tar(tmp_path / name, names) for name, names in (('1', _NAMES[:4]), ('2', _NAMES[4:])))
  (tmp_path / 'a.tar').write_bytes(first.read_bytes() + second.read_bytes())
  assert len(_read(tmp_path / 'a.tar')[0]) == len(_NAMES)
  first, second = (_tar(tmp_path / name, names, mode='w:gz') for name, names in (('1', _NAMES[:4]), ('2', _NAMES[4:])))
  (tmp_path / 'a.tar.gz').write_bytes(first.read_bytes() + second.read_bytes())
  assert len(_read(tmp_path / 'a.tar.gz')[0]) == len(_NAMES)
  (tmp_path / 'b.tar').write_bytes(_tar(tmp_path / '1', _NAMES).read_bytes() + b'PK and something else' * 100)
  with pytest.raises(ValueError, match='data that is not a tar archive follows its end mark'):
    _read(tmp_path / 'b.tar')


def test_repeated_members_are_dropped_or_refused(tmp_path):
  _tar(tmp_path / 'a.tar', _NAMES)
  _tar(tmp_path / 'a.tar', _NAMES[:3], mode='a', prefix='./backup/aclImdb/')
  found, problems = _read(tmp_path / 'a.tar')
  assert len(found) == len(_NAMES) and problems == [review_lib.REPEATED_MEMBERS] * 3
  _tar(tmp_path / 'a.tar', _NAMES[:1], text='another', mode='a')
  with pytest.raises(ValueError, match="member 'aclImdb/train/neg/1_1.txt': train/neg/1_1 occurs more than once"):
    _read(tmp_path / 'a.tar')


def test_an_archive_of_something_else_says_what_it_holds(tmp_path):
  _tar(tmp_path / 'a.tar', ['reviews.csv'])
  with pytest.raises(ValueError, match='holds no reviews in the aclImdb .*it holds: aclImdb/reviews.csv; unpack it'):
    _read(tmp_path / 'a.tar')


def test_an_empty_file_is_a_bad_row(tmp_path):
  _directory(tmp_path, _NAMES)
  (tmp_path / _NAMES[0]).write_text(' \n')
  assert _read(tmp_path)[1] == [review_lib.BAD_ROWS]


def _table(path, rows):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


@pytest.mark.parametrize('names', [
    ('train.jsonl', 'valid.jsonl', 'test.jsonl'), ('sst2_train.jsonl', 'sst2-dev.jsonl', 'sst2.test.jsonl'),
    ('data/train-00000-of-00001.jsonl', 'data/validation-00000-of-00001.jsonl', 'data/test-00000-of-00001.jsonl'),
    ('train/a.jsonl', 'val/a.jsonl', 'test/a.jsonl')])
def test_tables_named_as_splits_keep_them(tmp_path, names):
  for name in names:
    _table(tmp_path / 'd' / name, [{'sentence': name, 'label': 0}, {'sentence': f'{name} too', 'label': 1}])
  (tmp_path / 'd' / '._train.jsonl').write_bytes(b'side file')
  with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
    for name in names:
      archive.write(tmp_path / 'd' / name, name)
  for path in (tmp_path / 'd', tmp_path / 'a.zip'):
    source = readers.open_source(str(path))
    assert source.has_eval_split()
    found = [review for part in readers.parts(str(path)) for review in readers.read(part, source)]
    assert {review.text.decode(): review.split for review in found if not review.text.endswith(b'too')} == dict(
        zip(names, features.SPLITS))
    assert len({review.review_id for review in found}) == 6


def test_names_that_assign_splits_to_some_tables_are_refused(tmp_path):
  for name in ('train', 'test', 'more'):
    _table(tmp_path / f'{name}.jsonl', [{'text': name, 'label': 0}])
  with pytest.raises(ValueError, match='more.jsonl: its name assigns its rows to no split'):
    readers.open_source(str(tmp_path))
  (tmp_path / 'test.jsonl').rename(tmp_path / 'latest.jsonl')
  assert set(readers.open_source(str(tmp_path)).splits.values()) == {None}


def test_kaggles_file_works_as_it_is(tmp_path):
  content = 'review,sentiment\n"One of ""the"" films.<br /><br />Yes",positive\nA waste,negative\n'
  (tmp_path / 'IMDB Dataset.csv').write_text(content)
  with zipfile.ZipFile(tmp_path / 'archive.zip', 'w') as archive:
    archive.write(tmp_path / 'IMDB Dataset.csv', 'IMDB Dataset.csv')
  for name in ('IMDB Dataset.csv', 'archive.zip', 'archive.zip:IMDB Dataset.csv'):
    assert [(review.text, review.label) for review in _read(tmp_path / name)[0]] == [
        (b'One of "the" films.<br /><br />Yes', 1), (b'A waste', 0)]


def test_labels_of_all_tables_count_together(tmp_path):
  _table(tmp_path / 'train.jsonl', [{'text': 'a', 'label': 0}, {'text': 'b', 'label': 1}])
  _table(tmp_path / 'test.jsonl', [{'text': 'c', 'label': -1}])
  source = readers.open_source(str(tmp_path))
  review, = readers.read(str(tmp_path / 'test.jsonl'), source)
  assert (review.split, review.label) == (features.UNLABELED, features.NO_LABEL)


def test_a_named_column_that_is_missing_is_named(tmp_path):
  (tmp_path / 'a.csv').write_text('text,label\na,1\n')
  with pytest.raises(ValueError, match='needs the columns body and label; found: text, label'):
    readers.open_source(str(tmp_path / 'a.csv'), review_rows.Options(text_column='body'))


@pytest.mark.parametrize('path', ['https://host/a.csv', 'gs://bucket/a.tar.gz', 's3://bucket/a', 'file:///a.csv'])
def test_an_address_is_refused_in_one_line(path):
  with pytest.raises(ValueError, match='://.* is not read directly: copy the file to this machine, and pass its path'):
    readers.check(path)
