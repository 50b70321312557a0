"""Input pipeline: transformed examples in batches."""

import os
from typing import Any, Mapping, Optional, Sequence, Union

import tensorflow as tf

from models import features as keys
from models.training import teacher_labels

_PREFETCHED_BATCHES = 4
_ALL_EXAMPLES = 10**9
_POOL_BATCHES = 20  # bucketing sorts the examples of this many batches by length
_CHECKED_AT_ONCE = 1_000
_LABEL_SPEC = {keys.LABEL: tf.io.FixedLenFeature([], tf.int64), keys.REVIEW_ID: tf.io.FixedLenFeature([], tf.string)}
_PADDED = {keys.TOKENS: keys.LENGTH, keys.WORDPIECES: keys.WORDPIECE_LENGTH}

Pattern = Union[str, Sequence[str]]


def input_fn(pattern: Pattern, feature_spec: Mapping[str, Any], batch_size: int, shuffle_seed: Optional[int] = None,
             skip: int = 0, bucketing: bool = False, teacher: Optional[teacher_labels.TeacherLabels] = None
             ) -> tf.data.Dataset:
  """Read batches of transformed examples.

  Args:
    pattern: file pattern, or list of patterns, of gzipped TFRecords.
    feature_spec: parsing specification of the transformed examples, as TFTransformOutput gives it.
    batch_size: examples per batch.
    shuffle_seed: a number shuffles and repeats without end, in an order that depends only on the seed and the ids of
      the examples; None reads once, in an order that depends only on the ids.
    skip: number of batches to skip at the start, for a resumed training.
    bucketing: whether a shuffled batch holds examples of similar length, which saves padding.
    teacher: whose labels are mixed with the real ones, or None.

  Returns:
    Dataset of ({feature: tensor}, labels int64 [batch], or float32 [batch] with a teacher); tokens are trimmed to the
    longest example of the batch.
  """
  examples = _sort_by_id(_read(pattern, teacher), feature_spec)
  if shuffle_seed is not None:
    # 25,000 serialized examples take about 10 MB, so the cache and the shuffle buffer can hold all of them.
    examples = examples.cache().shuffle(100_000, seed=shuffle_seed).repeat()
  if shuffle_seed is not None and bucketing:
    length = keys.WORDPIECE_LENGTH if keys.WORDPIECE_LENGTH in feature_spec else keys.LENGTH
    batches = _batch_by_length(examples, batch_size, shuffle_seed, length).skip(skip)
  else:
    batches = examples.batch(batch_size).skip(skip)

  table = teacher and teacher.load_table()

  def parse(batch):
    features = trim_padding(tf.io.parse_example(batch, feature_spec))
    labels = features.pop(keys.LABEL)
    return features, teacher.mix(table, labels, features[keys.REVIEW_ID]) if teacher else labels

  batches = batches.map(parse, num_parallel_calls=_PREFETCHED_BATCHES).prefetch(_PREFETCHED_BATCHES)
  options = tf.data.Options()
  # There is nothing left to tune, and a session that closes may miss the end of the tuning thread and wait 10 to 60 s.
  options.autotune.enabled = False
  return batches.with_options(options)


def count_examples(pattern: Pattern, teacher: Optional[teacher_labels.TeacherLabels] = None) -> int:
  """Counts the examples that `input_fn` reads; an empty list of patterns has none."""
  return int(_read(pattern, teacher).reduce(0, lambda n, _: n + 1)) if pattern else 0


def _read(pattern, teacher):
  """Read serialized examples; with a teacher, those that have something to learn from."""
  examples = tf.data.TFRecordDataset(tf.io.matching_files(pattern), compression_type='GZIP')
  if not teacher:
    return examples
  table = teacher.load_table()

  def drop_unread(batch):
    parsed = tf.io.parse_example(batch, _LABEL_SPEC)
    return tf.boolean_mask(batch, teacher.is_read(table, parsed[keys.LABEL], parsed[keys.REVIEW_ID]))

  return examples.batch(_CHECKED_AT_ONCE).map(drop_unread).unbatch()


def split_files(files: Sequence[str], split: str) -> list[str]:
  """Return the files, or patterns of files, that are in the directory of a split of Examples."""
  return [file for file in files if os.path.basename(os.path.dirname(file)) == f'Split-{split}']


def trim_padding(features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Return a copy of a batch's features in which tokens and wordpieces are as long as the longest example."""
  return {**features, **{ids: features[ids][:, :tf.reduce_max(features[length])]
                         for ids, length in _PADDED.items() if ids in features}}


def is_augmented(features: Mapping[str, tf.Tensor]) -> tf.Tensor:
  """Return which examples of a batch are augmented, bool [batch, 1], by their REVIEW_ID."""
  return tf.strings.regex_full_match(features[keys.REVIEW_ID], f'{keys.AUGMENTED_ID}.*')[:, tf.newaxis]


def _sort_by_id(examples, feature_spec):
  """Sort serialized examples by a hash of their ids, so that their order does not depend on Beam's workers."""

  def sort(serialized):
    ids = tf.io.parse_example(serialized, {keys.REVIEW_ID: feature_spec[keys.REVIEW_ID]})[keys.REVIEW_ID]
    return tf.gather(serialized, tf.argsort(tf.strings.to_hash_bucket_fast(ids, 2**62)))

  return examples.batch(_ALL_EXAMPLES).map(sort).unbatch()


def _batch_by_length(examples, batch_size, seed, length):
  """Batch serialized examples of similar length, a feature's name, in an order that the seed decides."""

  def sort(pool):
    lengths = tf.io.parse_example(pool, {length: tf.io.FixedLenFeature([], tf.int64)})[length]
    return tf.reshape(tf.gather(pool, tf.argsort(lengths, stable=True)), [-1, batch_size])

  pools = examples.batch(_POOL_BATCHES * batch_size, drop_remainder=True)  # drops nothing: the examples never end
  return pools.map(sort).unbatch().shuffle(_POOL_BATCHES, seed=seed)
