"""Near-duplicates: texts that share most of their trigrams of tokens, found by MinHash and locality-sensitive hashing.

Broder, "On the resemblance and containment of documents" (1997). The similarity of two texts is the number of trigrams
in both, divided by the number of trigrams in either; a sketch of 128 values estimates it to about .04.
"""

import pickle
from typing import Any, Iterable, Iterator, Optional, Sequence

import apache_beam as beam
import rensa

from components.common import job_counts

_SHINGLE = 3  # tokens
_VALUES, _BANDS = 128, 32  # finds 99.99 % of the pairs with a similarity of .8, and 87 % of those with .5
_SEED = 1


def sketch(token_strings: Sequence[bytes]) -> list[bytes]:
  """Return a sketch of each text.

  Args:
    token_strings: as tokens.Tokens has them.

  Returns:
    A pickled rensa.RMinHash for each text.
  """
  sketches = rensa.RMinHash.from_token_sets(map(_shingles, token_strings), num_perm=_VALUES, seed=_SEED)
  return [pickle.dumps(found) for found in sketches]


def _shingles(token_string: bytes) -> list[str]:
  words = token_string.decode().split(' ')
  return [' '.join(words[start:start + _SHINGLE]) for start in range(max(len(words) - _SHINGLE + 1, 1))]


class DropNearDuplicates(beam.DoFn):
  """Drops the reviews that have a near-duplicate in a split which is more important than theirs, and counts them."""

  def __init__(self, similarity: float, kind: str):
    """Create the function.

    Args:
      similarity: from which on two texts are near-duplicates, from 0.5 to 1.
      kind: that of the reviews that are dropped, for job_counts.
    """
    self._similarity, self._kind = similarity, kind
    self._index: Optional[tuple[Any, list]] = None

  def process(self, batch: Sequence[tuple], kept: Iterable[bytes]) -> Iterator[Any]:
    """Yield the reviews of a batch that are not to be dropped, and the number of the others.

    Args:
      batch: tuples that end with the sketch of a review's text.
      kept: sketches of all reviews of the more important splits.
    """
    if self._index is None:
      sketches = [pickle.loads(found) for found in kept]
      index = rensa.RMinHashLSH(threshold=self._similarity, num_perm=_VALUES, num_bands=_BANDS)
      for number, found in enumerate(sketches):
        index.insert(number, found)
      self._index = index, sketches
    reviews = [review for review in batch if not self._has_near_duplicate(review[-1], *self._index)]
    if len(reviews) < len(batch):
      yield job_counts.count(self._kind, len(batch) - len(reviews))
    yield reviews

  def _has_near_duplicate(self, sketch_of_review: bytes, index: Any, sketches: list) -> bool:
    own = pickle.loads(sketch_of_review)
    return any(own.jaccard(sketches[number]) >= self._similarity for number in index.query(own))
