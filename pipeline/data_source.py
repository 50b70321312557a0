"""Where the reviews come from when the user names none."""

import os
import pathlib
import shutil
from typing import Callable, NamedTuple, Optional

import pooch
import requests

from components.imdb_example_gen import readers
from components.imdb_example_gen import sample

URL = 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz'
_HASH = 'md5:7c2ac02c03563afcf9b574c7e56c153a'
_NAMES = ('aclImdb_v1.tar.gz', 'aclImdb.tar.gz', 'aclImdb', 'reviews.csv', 'reviews.tsv', 'reviews.jsonl')
_SAMPLE_SIZE = 6_000
_TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes


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
    return Source(_download(url, data_dir))
  except (requests.ConnectionError, requests.Timeout) as error:
    say(f'The network cannot be reached ({type(error).__name__}).')
  path = str(data_dir / f'sample-{_SAMPLE_SIZE}.jsonl.gz')
  sample.write(path, _SAMPLE_SIZE)
  return Source(path, generated=True)


def _download(url: str, data_dir: pathlib.Path, known_hash: str = _HASH) -> str:
  """Downloads beside the destination and moves the file there only when its checksum is right."""
  partial = data_dir / '.partial'
  shutil.rmtree(partial, ignore_errors=True)  # of a download that was killed
  pooch.get_logger().setLevel('WARNING')
  try:
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT)
    path = pooch.retrieve(url, known_hash, fname=_NAMES[0], path=partial, downloader=downloader)
    os.replace(path, data_dir / _NAMES[0])
  except requests.HTTPError as error:
    raise ValueError(f'{url}: {error}; download it by other means and name it with --data') from error
  except ValueError as error:
    raise ValueError(f'{url}: the checksum of what arrived is wrong, nothing was kept; run this again') from error
  finally:
    shutil.rmtree(partial, ignore_errors=True)
  return str(data_dir / _NAMES[0])
