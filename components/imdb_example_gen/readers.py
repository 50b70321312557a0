"""Reads labelled and unlabeled reviews from an archive or directory in aclImdb layout, or from tables."""

import hashlib
import os
import re
from typing import Iterator, NamedTuple, Optional

from components.common import hashing
from components.common import tables
from components.common import text_files
from components.imdb_example_gen import archives
from components.imdb_example_gen import review as review_lib
from components.imdb_example_gen import review_rows
from models import features

_TARS = re.compile(r'\.(tar(\.(gz|bz2|xz))?|tgz)$')
_SOURCES = f'a directory, .tar.gz or .zip in aclImdb layout, or a {tables.KINDS}, or a directory of these'
_MAX_DEPTH = 2  # of folders in which tables are looked for
_SPREADSHEETS = ('.xlsx', '.xls', '.ods', '.numbers')


class Source(NamedTuple):
  """A source of reviews, and what only a look at all of it tells.

  Attributes:
    path: path of the source.
    options: how its tables are read.
    splits: its tables, each with the split that its name assigns to its rows, such as valid.csv; None for none.
    survey: of its tables; None of an archive or directory in aclImdb layout.
  """

  path: str
  options: review_rows.Options
  splits: dict[str, Optional[str]]
  survey: Optional[review_rows.Survey]

  def has_eval_split(self) -> bool:
    """Return whether the source itself assigns reviews to the split eval."""
    return self.survey is not None and features.EVAL in self.survey.splits


def check(path: str) -> None:
  """Check that a source of labelled reviews exists and is of a known kind. The content is not read.

  Args:
    path: path of the source.

  Raises:
    ValueError: `read` cannot read it; the message says what to do.
  """
  text_files.check_is_path(path)
  name = text_files.split_member(path)[0]
  if not os.path.exists(name):
    raise ValueError(f'{name}: no such file or directory; --data takes {_SOURCES}')
  if os.path.isdir(path):
    if not _tables_of(path):
      _layout_root(path)
  elif path.lower().endswith(_SPREADSHEETS):
    raise ValueError(f'{path}: a spreadsheet; save it as CSV in UTF-8')
  elif path.lower().endswith('.zip'):
    _tables_of(path)
  elif not _is_table(path) and not _is_tar(path):
    raise ValueError(f'{path}: unknown kind of file; --data takes {_SOURCES}')


def parts(path: str) -> list[str]:
  """List the parts of a source that `read` can read in parallel.

  Args:
    path: path of the source.

  Returns:
    Paths: the file itself, the tables of a directory or .zip, or folders of reviews.

  Raises:
    ValueError: as `check`.
  """
  check(path)
  if found := _tables_of(path):
    return list(found)
  if not os.path.isdir(path):
    return [path]
  root = _layout_root(path)
  return [os.path.join(root, split, sentiment) for split in ('train', 'test') for sentiment in ('neg', 'pos')]


def check_unlabeled(path: str) -> None:
  """Check that a source of unlabeled reviews exists and is of a known kind. The content is not read.

  Args:
    path: path of the source.

  Raises:
    ValueError: it cannot hold unlabeled reviews; the message says what to do.
  """
  if not os.path.isdir(path):
    check(path)
  elif not unlabeled_parts(path):
    raise ValueError(f'{path}: holds neither train/unsup/ nor aclImdb/train/unsup/; --unlabeled takes {_SOURCES}')


def unlabeled_parts(path: str) -> list[str]:
  """List the parts of a source that may hold unlabeled reviews, which `read` can read in parallel.

  Args:
    path: path of the source. An archive and a table hold unlabeled reviews among the others.

  Returns:
    Paths; empty for a directory without such reviews.
  """
  if found := _tables_of(path):
    return list(found)
  if not os.path.isdir(path):
    return [path]
  folders = (os.path.join(path, *below, 'train', 'unsup') for below in ((), ('aclImdb',)))
  return [folder for folder in folders if os.path.isdir(folder)]


def content_hash(path: str) -> str:
  """Hash a source of labelled reviews.

  Args:
    path: path of the source.

  Returns:
    SHA-256 in hex of a file's content, or of the names and contents of all labelled reviews below a directory.
  """
  return _hash_parts(path, parts(path))


def unlabeled_hash(path: str) -> str:
  """Hash a source of unlabeled reviews, as `content_hash` does for labelled ones."""
  return _hash_parts(path, unlabeled_parts(path))


def _hash_parts(path: str, paths: list[str]) -> str:
  if not os.path.isdir(path):
    return hashing.file_hash(text_files.split_member(path)[0])
  digest = hashlib.sha256()
  for part in paths:
    files = [os.path.join(part, name) for name in sorted(os.listdir(part))] if os.path.isdir(part) else [part]
    for file in filter(os.path.isfile, files):
      digest.update(os.fsencode(f'{os.path.relpath(file, path)}\0'))
      digest.update(hashing.file_hash(file).encode())
  return digest.hexdigest()


def open_source(path: str, options: review_rows.Options = review_rows.DEFAULT_OPTIONS, needs_labels: bool = True
                ) -> Source:
  """Look at the tables of a source as a whole: what their labels mean depends on all of them.

  Args:
    path: path of the source.
    options: how to read its tables.
    needs_labels: whether a table must have labels or splits; otherwise, all rows of one without are unlabeled.

  Returns:
    The source.

  Raises:
    ValueError: a table cannot be read, the names of tables assign splits to some of them only, or the labels are
      ambiguous; the message says what to do.
  """
  found = _tables_of(path)
  splits = _splits_by_name(path, found)
  if not needs_labels:
    splits = {table: split or review_rows.unlabeled_split(table, options) for table, split in splits.items()}
  return Source(path, options, splits, review_rows.survey(splits, options) if found else None)


def read(part: str, source: Optional[Source] = None,
         report: review_lib.Report = review_lib.refuse_bad_rows) -> Iterator[review_lib.Review]:
  """Read the reviews of one part of a source.

  Args:
    part: one of the paths of `parts` or `unlabeled_parts`.
    source: the source; None if the part is the whole of it.
    report: is called for what is not read as a review; it may raise an exception.

  Yields:
    Reviews, labelled and unlabeled, with their texts as they are in the file.

  Raises:
    ValueError: the file cannot be read; the message names the file and the row, line or member.
  """
  if os.path.isdir(part):
    yield from archives.read_folder(part, report)
  elif _is_tar(part):
    yield from archives.read_tar(part, report)
  elif not _is_table(part) and not _tables_of(part):
    yield from archives.read_zip(part, report)
  else:
    source = source or open_source(part)
    assert source.survey
    prefix = ''
    if len(source.splits) > 1:  # row numbers, the default ids, repeat from table to table
      prefix = f'{_name_below(source.path, part)}/'
    for review in review_rows.read(part, source.options, source.survey, report, source.splits[part]):
      yield review._replace(review_id=review_lib.clean_id(prefix) + review.review_id)


def report_other_files(path: str, report: review_lib.Report) -> None:
  """Report the files in a directory that are in none of its parts.

  Args:
    path: path of a source; a file has none.
    report: is called for each of them.
  """
  if not os.path.isdir(path):
    return
  used = _tables_of(path)
  if not used:
    archives.report_other_files(_layout_root(path), report)
    return
  for directory, names in _walk(path):
    for name in names:
      if (full := os.path.join(directory, name)) not in used:
        report(review_lib.Problem(review_lib.OTHER_FILES, f'{full}: not one of the tables'))


def _is_tar(path: str) -> bool:
  return _TARS.search(path.lower()) is not None


def _is_table(path: str) -> bool:
  return tables.table_format(path) not in (None, 'text')


def _tables_of(path: str) -> list[str]:
  """List the tables of a source: itself, those of a .zip, or those of a directory that has not the aclImdb layout."""
  if os.path.isdir(path):
    return _tables_in(path)
  if path.lower().endswith('.zip'):
    return tables.tables_in_zip(path)
  return [path] if _is_table(path) else []


def _tables_in(directory: str) -> list[str]:
  """List the tables directly in a directory or, if there are none, below it."""
  layout = [os.path.join(*below, split, folder) for below in ((), ('aclImdb',)) for split in ('train', 'test')
            for folder in ('pos', 'neg', 'unsup')]
  if any(os.path.isdir(os.path.join(directory, folder)) for folder in layout):
    return []
  found: list[str] = []
  for folder, names in _walk(directory):
    found += [path for name in names if _is_table(path := os.path.join(folder, name))
              and not text_files.is_side_file(_name_below(directory, path))]
    if found and folder == directory:
      break
  for table in found:
    try:
      table.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{table!a}: the name is not UTF-8; rename the file') from error
  return found


def _walk(directory: str) -> Iterator[tuple[str, list[str]]]:
  """Yield the folders of a directory, down to _MAX_DEPTH, with the names of their files, sorted."""
  for folder, folders, names in os.walk(directory):
    depth = 0 if folder == directory else os.path.relpath(folder, directory).count(os.sep) + 1
    folders[:] = sorted(folders) if depth < _MAX_DEPTH else []
    yield folder, sorted(names)


def _name_below(path: str, part: str) -> str:
  """Return the name of a table in its source, with slashes."""
  archive, member = text_files.split_member(part)
  return member if archive == path else os.path.relpath(part, path).replace(os.sep, '/')


def _splits_by_name(path: str, found: list[str]) -> dict[str, Optional[str]]:
  """Return the tables of a source, each with the split that its name, or its folder's, assigns to its rows."""
  splits = {}
  for table in found if len(found) > 1 else ():
    words = re.split('[^A-Za-z]+', _name_below(path, table))
    named = {split for word in words if (split := review_rows.split_of_name(word))}
    splits[table] = named.pop() if len(named) == 1 else None
  if len(set(splits.values()) - {None}) < 2:
    return dict.fromkeys(found)
  for table, split in splits.items():
    if split is None:
      raise ValueError(f'{table}: its name assigns its rows to no split, or to several, but the names of the other '
                       'tables do: add train, eval, test or unlabeled to its name, or move it elsewhere')
  return splits


def _layout_root(path: str) -> str:
  """Return the directory that holds train/ and test/: the path itself, or aclImdb in it."""
  for root in (path, os.path.join(path, 'aclImdb')):
    if os.path.isdir(os.path.join(root, 'train')) or os.path.isdir(os.path.join(root, 'test')):
      break
  else:
    raise ValueError(f'{path}: holds neither train/ and test/ nor aclImdb/, nor tables; --data takes {_SOURCES}')
  for split in ('train', 'test'):
    for sentiment in ('neg', 'pos'):
      if not os.path.isdir(os.path.join(root, split, sentiment)):
        raise ValueError(f'{root}: {split}/{sentiment}/ is missing; the aclImdb layout has {{train,test}}/{{pos,neg}}/')
  return root
