"""Transformed examples into batches."""

import tensorflow as tf

from models import features as keys

_READ_AHEAD = 4


def input_fn(pattern, feature_spec, batch_size, shuffle_seed=None, skip=0):
  """Batches of transformed examples.

  Args:
    pattern: file pattern, or list of them, of gzipped TFRecords.
    feature_spec: of the transformed examples, as TFTransformOutput gives it.
    batch_size: reviews per batch.
    shuffle_seed: int shuffles and repeats for ever, in an order that only the seed decides; None reads once, in order.
    skip: batches to leave out at the start: a resumed training goes on where it was stopped.

  Returns:
    tf.data.Dataset of ({feature: tensor}, labels int64 [batch]); tokens are trimmed to the batch's longest review.
  """
  files = tf.io.matching_files(pattern)
  examples = tf.data.TFRecordDataset(files, compression_type='GZIP')
  if shuffle_seed is not None:
    # Serialized, all 25,000 reviews take some 10 MB: the cache and the shuffle hold them whole.
    examples = examples.cache().shuffle(100_000, seed=shuffle_seed).repeat()
  batches = examples.batch(batch_size).skip(skip)
  batches = batches.map(lambda batch: tf.io.parse_example(batch, feature_spec), num_parallel_calls=_READ_AHEAD)
  return batches.map(_trimmed).prefetch(_READ_AHEAD)


def count(pattern):
  """The number of examples in gzipped TFRecords."""
  return int(tf.data.TFRecordDataset(tf.io.matching_files(pattern), 'GZIP').reduce(0, lambda n, _: n + 1))


def _trimmed(features):
  """Cuts the padding that no review of the batch needs, and splits off the labels."""
  features = dict(features)
  features[keys.TOKENS] = features[keys.TOKENS][:, :tf.reduce_max(features[keys.LENGTH])]
  return features, features.pop(keys.LABEL)
