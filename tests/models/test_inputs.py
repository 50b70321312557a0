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
  """A file of 400 examples of 1 to 50 tokens; the label is the number of the example."""
  path = str(tmp_path_factory.mktemp('examples') / 'examples.gz')
  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for number, length in enumerate(np.random.default_rng(0).integers(1, 51, 400)):
      writer.write(_example(number, length))
  return path


def _batches(path, count=None, **options):
  batches = inputs.input_fn(path, _SPEC, 10, **options)
  return [(features, labels.numpy().tolist()) for features, labels in (batches.take(count) if count else batches)]


def test_without_a_seed_each_example_is_read_once_in_mixed_order(path):
  # ExampleGen sorts by class, but the first examples have to represent all: the Trainer scores only these.
  order = [label for _, labels in _batches(path) for label in labels]
  assert sorted(order) == list(range(400))
  assert 50 < sum(number < 200 for number in order[:200]) < 150


def test_batches_are_as_long_as_their_longest_example(path):
  for batch, _ in _batches(path, 20, shuffle_seed=0, bucketing=True):
    assert batch[features.TOKENS].shape[1] == batch[features.LENGTH].numpy().max()


@pytest.mark.parametrize('bucketing', [False, True])
def test_the_seed_decides_the_order_and_skip_resumes_it(path, bucketing):
  order = lambda **options: [labels for _, labels in _batches(path, bucketing=bucketing, **options)]
  first = order(count=60, shuffle_seed=1)
  assert order(count=60, shuffle_seed=1) == first
  assert order(count=60, shuffle_seed=2) != first
  assert order(count=20, shuffle_seed=1, skip=40) == first[40:]


def test_the_order_does_not_depend_on_the_files(path, tmp_path):
  examples = list(tf.data.TFRecordDataset(path, 'GZIP').as_numpy_iterator())
  for name, part in ('a', examples[300:]), ('b', examples[100:300][::-1]), ('c', examples[:100]):
    with tf.io.TFRecordWriter(f'{tmp_path}/{name}', 'GZIP') as writer:
      for example in part:
        writer.write(example)
  for options in {'shuffle_seed': 1, 'count': 60}, {}:
    found, expected = (_batches(pattern, **options) for pattern in (f'{tmp_path}/*', path))
    assert [labels for _, labels in found] == [labels for _, labels in expected]


def test_bucketing_saves_padding_and_still_reads_all_examples(path):

  def count_padding(bucketing):
    batches = _batches(path, 400, shuffle_seed=0, bucketing=bucketing)
    seen = collections.Counter(label for _, labels in batches for label in labels)
    # Ten passes, except for the examples of the pool that is being shuffled.
    assert len(seen) == 400 and all(8 <= count <= 12 for count in seen.values())
    return sum(int(tf.size(batch[features.TOKENS]) - tf.reduce_sum(tf.cast(batch[features.LENGTH], tf.int32)))
               for batch, _ in batches)

  assert count_padding(True) < count_padding(False) / 4


def test_autotune_is_off(path):
  # A training session that closes may wait up to a minute for the tuning thread.
  assert inputs.input_fn(path, _SPEC, 10, shuffle_seed=0).options().autotune.enabled is False
