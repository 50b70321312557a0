"""A labelled or unlabeled review, what can be wrong with one, and the cleaning of its text and id."""

from typing import Callable, NamedTuple, Optional

SAMPLE_ID = 'sample-data/'  # how the ids of reviews made by pipeline/sources/sample_data.py begin
_REPLACEMENT = '\ufffd'.encode()

# Kinds of problems. They are custom properties of the examples, too: the numbers of them.
BAD_ROWS = 'bad_rows'  # rows and files that cannot be used
OTHER_FILES = 'other_files'  # files beside the reviews, such as those of operating systems and editors
REPEATED_MEMBERS = 'repeated_members'  # the same file of an archive once more

IDENTITY_TERMS = 'identity_terms_'  # prefix of a split's name: the property that counts its texts with such a term


class Review(NamedTuple):
  """A review as its file has it.

  Attributes:
    split: one of features.SPLITS, features.UNLABELED, or None if the source assigns no splits.
    text: the bytes of the file; clean_text makes them valid.
    label: 1 positive, 0 negative, features.NO_LABEL in the split features.UNLABELED.
    rating: star rating from 1 to 10, 0 if there is none.
    review_id: unique within the source.
  """

  split: Optional[str]
  text: bytes
  label: int
  rating: int
  review_id: str


def sample_warning(count: Optional[int]) -> Optional[str]:
  """Return a warning about sample data.

  Args:
    count: number of reviews of sample data in the source; None if it was not recorded.

  Returns:
    The warning; None if there are no such reviews.
  """
  if not count:
    return None
  return (f'{count:,} reviews are SAMPLE DATA, which a program made from templates. The scores mean NOTHING for real '
          'reviews. Pass real ones with --data.')


class Problem(NamedTuple):
  """Something that is not read as a review.

  Attributes:
    kind: BAD_ROWS, OTHER_FILES or REPEATED_MEMBERS.
    message: one line that names the file and the place, and says what is wrong.
  """

  kind: str
  message: str


Report = Callable[[Problem], None]


def refuse_bad_rows(problem: Problem) -> None:
  """Raise ValueError for a bad row; the strict policy of a reader."""
  if problem.kind == BAD_ROWS:
    raise ValueError(problem.message)


def clean_text(text: bytes) -> bytes:
  """Make a text valid UTF-8 without NUL.

  Args:
    text: any bytes.

  Returns:
    The text, with U+FFFD in place of NUL and of bytes that are not UTF-8. The tokenizer takes U+FFFD for a separator.
  """
  return text.decode('utf-8', 'replace').encode().replace(b'\0', _REPLACEMENT)


def clean_id(review_id: str) -> str:
  r"""Make an id valid Unicode.

  Args:
    review_id: id from a file name or JSON, both of which can hold lone surrogates.

  Returns:
    The id, with an escape such as `\udce9` in place of each lone surrogate, so that different ids stay different.
  """
  return review_id.encode('utf-8', 'backslashreplace').decode()
