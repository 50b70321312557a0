"""Finds word vectors: a file, a name such as glove.6B.100d, which is downloaded, or those that the run learns."""

import os
import pathlib
from typing import Callable, Optional

from components.word_vectors import sources
from pipeline.sources import download

URL = 'https://nlp.stanford.edu/data/glove.6B.zip'
_HASH = 'sha256:617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb'
_DOWNLOADED = tuple(f'glove.6B.{dimension}d' for dimension in (50, 100, 200, 300))
NAMES = (sources.REVIEWS, *_DOWNLOADED)


def resolve_word_vectors(named: Optional[str], data_dir: pathlib.Path, show: Callable[[str], None], url: str = URL,
                         known_hash: str = _HASH) -> Optional[str]:
  """Find the word vectors of a run.

  Args:
    named: a path, one of NAMES, or None.
    data_dir: data/ of the project, which keeps the downloaded archive.
    show: shows a line to the user.
    url: of the archive.
    known_hash: of the archive.

  Returns:
    What components.word_vectors.sources checks: an absolute path, FILE.zip:MEMBER, or sources.REVIEWS; None if none are
    named.

  Raises:
    ValueError: the archive cannot be downloaded; the message says what to do.
  """
  if named == sources.REVIEWS:
    return named
  if named not in _DOWNLOADED:
    return named and os.path.abspath(os.path.expanduser(named))
  archive = data_dir / 'glove.6B.zip'
  if not archive.exists():
    show(f'{named} not found: downloading GloVe 6B (862 MB) from {url}')
    try:
      download.download_file(url, archive, known_hash, '--embeddings')
    except download.UnreachableError as error:
      raise ValueError(f'{error}; pass a GloVe file with --embeddings, or --embeddings reviews') from error
  return f'{archive}:{named}.txt'
