"""Word vectors by a name such as glove.6B.100d: the official archive, downloaded where it is not there."""

import os
import pathlib
from typing import Callable, Optional

from pipeline.sources import download

URL = 'https://nlp.stanford.edu/data/glove.6B.zip'
_HASH = 'sha256:617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb'
NAMES = tuple(f'glove.6B.{dimension}d' for dimension in (50, 100, 200, 300))


def resolve(named: Optional[str], data_dir: pathlib.Path, say: Callable[[str], None], url: str = URL,
            known_hash: str = _HASH) -> Optional[str]:
  """Turns what the user named into what components.word_vectors.glove reads.

  Args:
    named: a path, one of NAMES, or None.
    data_dir: the project's data/, where the archive is looked for and kept.
    say: shows a line to the user.
    url: of the archive.
    known_hash: of the archive.

  Returns:
    An absolute path, FILE.zip:MEMBER, or None.

  Raises:
    ValueError: the archive cannot be downloaded; the message says what to do.
  """
  if named not in NAMES:
    return named and os.path.abspath(os.path.expanduser(named))
  archive = data_dir / 'glove.6B.zip'
  if not archive.exists():
    say(f'{named} is not here yet: downloading GloVe 6B (862 MB) from {url}')
    try:
      download.fetch(url, archive, known_hash, '--embeddings')
    except download.Unreachable as error:
      raise ValueError(f'{error}; name a GloVe file with --embeddings') from error
  return f'{archive}:{named}.txt'
