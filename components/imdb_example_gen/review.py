"""A review, and what holds for its text wherever it comes from."""

from typing import NamedTuple, Optional

from models import features

SPLITS, UNLABELED, NO_LABEL = features.SPLITS, features.UNLABELED, features.NO_LABEL
MAX = 100_000_000  # bytes or characters; far beyond any review, and a bound on what a bomb can make us hold
_REPLACEMENT = '\ufffd'.encode()


class Review(NamedTuple):
  """One review; split is None where the source names none, the text as it is there: see `cleaned`."""

  split: Optional[str]
  text: bytes
  label: int
  rating: int
  review_id: str


def cleaned(text: bytes) -> bytes:
  """The text in valid UTF-8: bytes that are none, and NUL, become U+FFFD, which separates words."""
  return text.decode('utf-8', 'replace').encode().replace(b'\0', _REPLACEMENT)


def printable(review_id: str) -> str:
  """The id in valid Unicode: file names, and JSON, can hold what is none."""
  return review_id.encode('utf-8', 'replace').decode()
