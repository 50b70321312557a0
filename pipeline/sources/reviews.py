"""Where the reviews come from when the user names none."""

import os
import pathlib
from typing import Callable, NamedTuple, Optional

from components.imdb_example_gen import readers
from pipeline.sources import sample_data
from pipeline.sources import download

URL = 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz'
_HASH = 'md5:7c2ac02c03563afcf9b574c7e56c153a'
_NAMES = ('aclImdb_v1.tar.gz', 'aclImdb.tar.gz', 'aclImdb', 'reviews.csv', 'reviews.tsv', 'reviews.jsonl')
_SAMPLE_SIZE = 6_000


class Source(NamedTuple):
  """A source of reviews; generated ones are no real data."""

  path: str
  generated: bool = False


def resolve(named: Optional[str], data_dir: pathlib.Path, say: Callable[[str], None], url: str = URL) -> Source:
  """Finds the reviews.

  In this order: the named ones; IMDB_DATA; `data_dir`; the official archive, downloaded into `data_dir`; and, only
  where the network cannot be reached, generated ones.

  Args:
    named: what the user named, or None.
    data_dir: the project's data/.
    say: shows a line to the user.
    url: of the official archive.

  Returns:
    A `Source` that readers.check accepts.

  Raises:
    ValueError: what was named or downloaded cannot be used; the message says what to do.
  """
  named = named or os.environ.get('IMDB_DATA')
  if named:
    path = os.path.abspath(os.path.expanduser(named))
    readers.check(path)
    return Source(path)
  for name in _NAMES:
    if (data_dir / name).exists():
      readers.check(str(data_dir / name))
      return Source(str(data_dir / name))
  say(f'No reviews here yet: downloading the Large Movie Review Dataset (80 MB) from {url}')
  try:
    return Source(download.fetch(url, data_dir / _NAMES[0], _HASH, '--data'))
  except download.Unreachable as error:
    say(str(error))
  path = str(data_dir / f'sample-{_SAMPLE_SIZE}.jsonl.gz')
  sample_data.write(path, _SAMPLE_SIZE)
  return Source(path, generated=True)
