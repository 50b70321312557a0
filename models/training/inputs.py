"""Transformed examples into batches."""

import tensorflow as tf

from models import features as keys

_READ_AHEAD = 4
_ALL = 10**9  # reviews
_POOL = 20  # batches whose reviews are sorted by length together


def input_fn(pattern, feature_spec, batch_size, shuffle_seed=None, skip=0, bucketing=False):
  """Batches of transformed examples.

  Args:
    pattern: file pattern, or list of them, of gzipped TFRecords.
    feature_spec: of the transformed examples, as TFTransformOutput gives it.
    batch_size: reviews per batch.
    shuffle_seed: int shuffles and repeats for ever, in an order that only the seed and the reviews' ids decide; None
      reads once, in an order that the ids alone decide.
    skip: batches to leave out at the start: a resumed training goes on where it was stopped.
    bucketing: whether the reviews of a shuffled batch are of about the same length, which saves padding.

  Returns:
    tf.data.Dataset of ({feature: tensor}, labels int64 [batch]); tokens are trimmed to the batch's longest review.
  """
  files = tf.io.matching_files(pattern)
  examples = _by_id(tf.data.TFRecordDataset(files, compression_type='GZIP'), feature_spec)
  if shuffle_seed is not None:
    # Serialized, all 25,000 reviews take some 10 MB: the cache and the shuffle hold them whole.
    examples = examples.cache().shuffle(100_000, seed=shuffle_seed).repeat()
  if shuffle_seed is not None and bucketing:
    batches = _by_length(examples, batch_size, shuffle_seed).skip(skip)
  else:
    batches = examples.batch(batch_size).skip(skip)

  def parse(batch):
    features = trimmed(tf.io.parse_example(batch, feature_spec))
    return features, features.pop(keys.LABEL)

  batches = batches.map(parse, num_parallel_calls=_READ_AHEAD).prefetch(_READ_AHEAD)
  options = tf.data.Options()
  # Nothing above is left to it, and a session that closes may miss the end of its thread and wait for 10 to 60 s.
  options.autotune.enabled = False
  return batches.with_options(options)


def count(pattern):
  """The number of examples in gzipped TFRecords."""
  files = tf.io.matching_files(pattern) if pattern else []
  return int(tf.data.TFRecordDataset(files, 'GZIP').reduce(0, lambda n, _: n + 1))


def _by_id(examples, feature_spec):
  """Serialized examples in one order, whichever Beam worker has written which of them where, and however sorted."""

  def order(whole):
    ids = tf.io.parse_example(whole, {keys.REVIEW_ID: feature_spec[keys.REVIEW_ID]})[keys.REVIEW_ID]
    return tf.gather(whole, tf.argsort(tf.strings.to_hash_bucket_fast(ids, 2**62)))

  return examples.batch(_ALL).map(order).unbatch()


def _by_length(examples, batch_size, seed):
  """Batches of serialized examples of about the same length, in an order that the seed decides."""

  def sort(pool):
    lengths = tf.io.parse_example(pool, {keys.LENGTH: tf.io.FixedLenFeature([], tf.int64)})[keys.LENGTH]
    return tf.reshape(tf.gather(pool, tf.argsort(lengths, stable=True)), [-1, batch_size])

  pools = examples.batch(_POOL * batch_size, drop_remainder=True)  # of endless examples: none is lost
  return pools.map(sort).unbatch().shuffle(_POOL, seed=seed)


def trimmed(features):
  """A copy of a batch's features without the padding that none of its reviews needs."""
  return {**features, keys.TOKENS: features[keys.TOKENS][:, :tf.reduce_max(features[keys.LENGTH])]}
