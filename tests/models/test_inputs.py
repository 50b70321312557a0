import collections

import numpy as np
import pytest
import tensorflow as tf

from models import features
from models.training import inputs

_SPEC = {features.TOKENS: tf.io.FixedLenFeature([50], tf.int64), features.LENGTH: tf.io.FixedLenFeature([], tf.int64),
         features.LABEL: tf.io.FixedLenFeature([], tf.int64), features.REVIEW_ID: tf.io.FixedLenFeature([], tf.string)}


def _example(number, length):
  values = {features.TOKENS: [3] * length + [0] * (50 - length), features.LENGTH: [length], features.LABEL: [number]}
  feature = {key: tf.train.Feature(int64_list=tf.train.Int64List(value=value)) for key, value in values.items()}
  feature[features.REVIEW_ID] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'review %d' % number]))
  return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  """400 reviews of 1 to 50 tokens; the label is the review's number."""
  path = str(tmp_path_factory.mktemp('examples') / 'examples.gz')
  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for number, length in enumerate(np.random.default_rng(0).integers(1, 51, 400)):
      writer.write(_example(number, length))
  return path


def _batches(path, count=None, **options):
  batches = inputs.input_fn(path, _SPEC, 10, **options)
  return [(features, labels.numpy().tolist()) for features, labels in (batches.take(count) if count else batches)]


def test_without_a_seed_every_review_comes_once_in_random_order(path):
  # The first ones stand for all, as in the Trainer's scores: reviews come from ExampleGen sorted by class.
  order = [label for _, labels in _batches(path) for label in labels]
  assert sorted(order) == list(range(400))
  assert 50 < sum(number < 200 for number in order[:200]) < 150


def test_batches_are_as_long_as_their_longest_review(path):
  for batch, _ in _batches(path, 20, shuffle_seed=0, bucketing=True):
    assert batch[features.TOKENS].shape[1] == batch[features.LENGTH].numpy().max()


@pytest.mark.parametrize('bucketing', [False, True])
def test_the_seed_gives_the_order_which_can_be_joined_anywhere(path, bucketing):
  order = lambda **options: [labels for _, labels in _batches(path, bucketing=bucketing, **options)]
  first = order(count=60, shuffle_seed=1)
  assert order(count=60, shuffle_seed=1) == first
  assert order(count=60, shuffle_seed=2) != first
  assert order(count=20, shuffle_seed=1, skip=40) == first[40:]


def test_the_order_does_not_depend_on_the_files(path, tmp_path):
  reviews = list(tf.data.TFRecordDataset(path, 'GZIP').as_numpy_iterator())
  for name, part in ('a', reviews[300:]), ('b', reviews[100:300][::-1]), ('c', reviews[:100]):
    with tf.io.TFRecordWriter(f'{tmp_path}/{name}', 'GZIP') as writer:
      for review in part:
        writer.write(review)
  for options in {'shuffle_seed': 1, 'count': 60}, {}:
    order = lambda pattern: [labels for _, labels in _batches(pattern, **options)]  # pylint: disable=cell-var-from-loop
    assert order(f'{tmp_path}/*') == order(path)


def test_bucketing_saves_padding_and_passes_over_all_reviews(path):
  def padding(bucketing):
    batches = _batches(path, 400, shuffle_seed=0, bucketing=bucketing)
    seen = collections.Counter(label for _, labels in batches for label in labels)
    # Ten passes, but for the reviews of the pool that is being shuffled.
    assert len(seen) == 400 and all(8 <= count <= 12 for count in seen.values())
    return sum(int(tf.size(batch[features.TOKENS])) - int(tf.reduce_sum(batch[features.LENGTH])) for batch, _ in batches)
  assert padding(True) < padding(False) / 4


def test_nothing_is_left_to_autotune(path):
  # A training session that closes may wait for its thread for as long as a minute.
  assert inputs.input_fn(path, _SPEC, 10, shuffle_seed=0).options().autotune.enabled is False
