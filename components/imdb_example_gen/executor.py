"""Executor of ImdbExampleGen: reviews into split tf.Examples, on Beam."""

import hashlib
import os
from typing import Iterator

import apache_beam as beam
from apache_beam.metrics import metric
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components.imdb_example_gen import readers

_COUNTERS = 'reviews'
_BUCKETS = 10_000


class Executor(base_beam_executor.BaseBeamExecutor):
  """Writes the splits train, eval and test as gzipped TFRecords of tf.Examples."""

  def Do(self, input_dict, output_dict, exec_properties):
    examples = artifact_utils.get_single_instance(output_dict['examples'])
    examples.split_names = artifact_utils.encode_split_names(list(readers.SPLITS))
    path = exec_properties['data']
    shares = (exec_properties['eval_share'], exec_properties['test_share'])
    if readers.has_eval_split(path):
      shares = (0.0, shares[1])
    pipeline = self._make_beam_pipeline()
    # pylint: disable=expression-not-assigned
    splits = (
        pipeline
        | 'Parts' >> beam.Create(readers.parts(path))
        | 'Read' >> beam.FlatMap(_read_part, *shares).with_outputs(*readers.SPLITS))
    for split in readers.SPLITS:
      prefix = os.path.join(examples.uri, f'Split-{split}', 'data_tfrecord')
      splits[split] | f'Write[{split}]' >> beam.io.WriteToTFRecord(prefix, file_name_suffix='.gz')
    # pylint: enable=expression-not-assigned
    result = pipeline.run()
    result.wait_until_finish()
    for name, count in _counts(result).items():
      examples.set_int_custom_property(name, count)


def split_of(review: readers.Review, eval_share: float, test_share: float) -> str:
  """The split of a review: its own where the source names one, with a share of train moved to eval.

  A hash of the text decides, so that runs agree and duplicates stay on one side. Where the source names no split,
  a share of all becomes test.

  Args:
    review: the review.
    eval_share: share of train (0 to 1) that becomes eval.
    test_share: share of reviews without a split (0 to 1) that becomes test.

  Returns:
    'train', 'eval' or 'test'.
  """
  if review.split not in (None, 'train'):
    return review.split
  digest = hashlib.sha256(review.text).digest()
  if review.split is None and int.from_bytes(digest[8:16], 'big') % _BUCKETS < test_share * _BUCKETS:
    return 'test'
  return 'eval' if int.from_bytes(digest[:8], 'big') % _BUCKETS < eval_share * _BUCKETS else 'train'


def to_example(review: readers.Review) -> tf.train.Example:
  """The raw example of a review; its keys and types are the curated schema's."""
  return tf.train.Example(features=tf.train.Features(feature={
      'text': tf.train.Feature(bytes_list=tf.train.BytesList(value=[review.text])),
      'label': tf.train.Feature(int64_list=tf.train.Int64List(value=[review.label])),
      'rating': tf.train.Feature(int64_list=tf.train.Int64List(value=[review.rating])),
      'review_id': tf.train.Feature(bytes_list=tf.train.BytesList(value=[review.review_id.encode()])),
  }))


def _read_part(part: str, eval_share: float, test_share: float) -> Iterator[beam.pvalue.TaggedOutput]:
  counters = {split: metric.Metrics.counter(_COUNTERS, split) for split in readers.SPLITS}
  for review in readers.read(part):
    split = split_of(review, eval_share, test_share)
    counters[split].inc()
    yield beam.pvalue.TaggedOutput(split, to_example(review).SerializeToString(deterministic=True))


def _counts(result) -> dict[str, int]:
  """Reviews written, by split."""
  found = result.metrics().query(metric.MetricsFilter().with_namespace(_COUNTERS))['counters']
  counts = {counter.key.metric.name: counter.result for counter in found}
  return {split: counts.get(split, 0) for split in readers.SPLITS}
