"""Raw tf.Examples, as ImdbExampleGen writes them and models take them: one place encodes and decodes them."""

import os
from typing import Iterator, NamedTuple, Optional

from google.protobuf import message
import tensorflow as tf

from models import features

_MAX_RECORDS, _BATCH = 100_000, 1024  # a sample is of so many records at most, which are in memory together


class RawExample(NamedTuple):
  """A raw example.

  Attributes:
    text: UTF-8.
    label: 1 positive, 0 negative, features.NO_LABEL if there is none.
    rating: star rating from 1 to 10, 0 if there is none.
    review_id: empty if there is none.
  """

  text: bytes
  label: int
  rating: int
  review_id: str


def decode_example(record: bytes) -> RawExample:
  """Read a serialized tf.Example.

  Args:
    record: the serialized tf.Example.

  Returns:
    Its features.

  Raises:
    ValueError: the record is not a tf.Example, or has no text.
  """
  try:
    feature = tf.train.Example.FromString(record).features.feature
  except message.DecodeError as error:
    raise ValueError(f'a record of {len(record):,} bytes is not a tf.Example') from error
  names = ', '.join(sorted(feature)) or 'none'  # before a look at a feature that is missing adds it
  text = feature[features.TEXT].bytes_list.value
  if not text:
    raise ValueError(f'a tf.Example lacks the feature {features.TEXT!r}; its features are: {names}')
  label = feature[features.LABEL].int64_list.value
  rating = feature[features.RATING].int64_list.value
  review_id = feature[features.REVIEW_ID].bytes_list.value
  return RawExample(text[0], label[0] if label else features.NO_LABEL, rating[0] if rating else 0,
                    review_id[0].decode(errors='replace') if review_id else '')


def encode_example(text: bytes, label: Optional[int] = None, rating: Optional[int] = None,
                   review_id: Optional[str] = None) -> tf.train.Example:
  """Make a raw tf.Example.

  Args:
    text: UTF-8; a model takes an example of the text alone.
    label: see RawExample; None leaves the feature out, as for the next two.
    rating: see RawExample.
    review_id: see RawExample.

  Returns:
    The tf.Example; more features can be added to it.
  """
  example = tf.train.Example()
  feature = example.features.feature  # filled in place: a third less time than with a message made for each level
  feature[features.TEXT].bytes_list.value.append(text)
  if label is not None:
    feature[features.LABEL].int64_list.value.append(label)
  if rating is not None:
    feature[features.RATING].int64_list.value.append(rating)
  if review_id is not None:
    feature[features.REVIEW_ID].bytes_list.value.append(review_id.encode())
  return example


def encode_labelled_example(text: bytes, label: int, rating: int, review_id: str) -> tf.train.Example:
  """Make a raw tf.Example with all features of the curated schema; see `RawExample`."""
  example = encode_example(text, label, rating, review_id)
  example.features.feature[features.WORD_COUNT_BUCKET].bytes_list.value.append(word_count_bucket(text))
  return example


def word_count_bucket(text: bytes) -> bytes:
  """Return the number of words of a text to a power of two, such as b'64-127', for statistics and drift warnings.

  Args:
    text: UTF-8.

  Returns:
    The lowest and the highest number of the bucket, b'0-1' for at most one word.
  """
  low = 1 << max(len(text.split()).bit_length() - 1, 0)
  return b'%d-%d' % (low, 2 * low - 1) if low > 1 else b'0-1'


def read_records(uri: str, split: str) -> tf.data.TFRecordDataset:
  """Read the serialized examples of a split, file by file in the order of the names.

  Args:
    uri: directory of an Examples artifact.
    split: name of the split.

  Returns:
    A dataset of scalar strings.

  Raises:
    FileNotFoundError: the artifact has no such split.
  """
  directory = os.path.join(uri, f'Split-{split}')
  try:
    # Listed, not matched by a pattern: a directory's name may hold characters that mean something in a pattern.
    names = sorted(name for name in tf.io.gfile.listdir(directory) if not name.startswith('.'))
  except tf.errors.NotFoundError as error:
    raise FileNotFoundError(f'{directory}: there is no such split of examples') from error
  return tf.data.TFRecordDataset([os.path.join(directory, name) for name in names], 'GZIP')


def count_records(uri: str, split: str) -> int:
  """Counts the examples of a split; see `read_records`."""
  return int(read_records(uri, split).reduce(0, lambda count, _: count + 1))


def copy_split(source: str, destination: str, split: str) -> None:
  """Copy the files of a split from one Examples artifact to another, by their directories."""
  folder = f'Split-{split}'
  tf.io.gfile.makedirs(os.path.join(destination, folder))
  for name in tf.io.gfile.listdir(os.path.join(source, folder)):
    tf.io.gfile.copy(os.path.join(source, folder, name), os.path.join(destination, folder, name), overwrite=True)


def sample_examples(uri: str, split: str, size: int) -> list[RawExample]:
  """Read evenly spaced examples of a split.

  Args:
    uri: directory of an Examples artifact.
    split: name of the split.
    size: number of examples to return at most.

  Returns:
    The examples in the order of `read_records`, of the first _MAX_RECORDS at most.

  Raises:
    FileNotFoundError: the artifact has no such split.
    ValueError: a record is not a raw example.
  """
  batches = read_records(uri, split).take(_MAX_RECORDS).batch(_BATCH)
  records = [record for batch in batches.as_numpy_iterator() for record in batch]
  return [decode_example(record) for record in records[::max(1, -(-len(records) // size))]]


def read_examples(uri: str, split: str, limit: Optional[int] = None) -> Iterator[RawExample]:
  """Read the examples of a split in the order of `read_records`.

  Args:
    uri: directory of an Examples artifact.
    split: name of the split.
    limit: number of examples to read at most; None for all.

  Yields:
    RawExample.

  Raises:
    FileNotFoundError: the artifact has no such split.
    ValueError: a record is not a raw example.
  """
  records = read_records(uri, split)
  for record in (records if limit is None else records.take(limit)).as_numpy_iterator():
    yield decode_example(record)
