"""Finds the labelled reviews: a named source, one in data/, the official archive, or sample data without a network."""

import os
import pathlib
from typing import Callable, Optional

from components.common import text_files
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from pipeline.sources import download
from pipeline.sources import sample_data

URL = 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz'
_HASH = 'md5:7c2ac02c03563afcf9b574c7e56c153a'
_NAMES = ('aclImdb_v1.tar.gz', 'aclImdb.tar.gz', 'aclImdb', 'reviews.csv', 'reviews.tsv', 'reviews.jsonl')
_SAMPLE_SIZE = 6_000


def resolve_reviews(named: Optional[str], data_dir: pathlib.Path, show: Callable[[str], None],
                    url: str = URL) -> str:
  """Find the reviews of a run.

  The order is: the named ones; IMDB_DATA; `data_dir`; the official archive, downloaded into `data_dir`; and sample data
  if the network cannot be reached.

  Args:
    named: the path that the user named, or None.
    data_dir: data/ of the project.
    show: shows a line to the user.
    url: of the official archive.

  Returns:
    The path, as readers.check accepts it.

  Raises:
    ValueError: the named or downloaded source cannot be used; the message says what to do.
    OSError: the source cannot be read.
  """
  named = named or os.environ.get('IMDB_DATA')
  if named:
    text_files.check_is_path(named)
    path = os.path.abspath(os.path.expanduser(named))
    readers.check(path)
    return path
  for name in _NAMES:
    if (data_dir / name).exists():
      readers.check(str(data_dir / name))
      return str(data_dir / name)
  show(f'No reviews found: downloading the Large Movie Review Dataset (80 MB) from {url}')
  try:
    return download.download_file(url, data_dir / _NAMES[0], _HASH, '--data')
  except download.UnreachableError as error:
    show(str(error))
  path = str(data_dir / f'sample-data-{_SAMPLE_SIZE}.jsonl.gz')
  with download.explain_unwritable(data_dir, '--data'):
    sample_data.write_sample(path, _SAMPLE_SIZE)
  show(f'WARNING: {review_lib.sample_warning(_SAMPLE_SIZE)}')
  return path
