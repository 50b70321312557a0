"""Executor of ImdbExampleGen: reviews into split tf.Examples, on Beam."""

import functools
import hashlib
import operator
import os
from typing import Iterator

import apache_beam as beam
from apache_beam.metrics import metric
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.imdb_example_gen import readers
from models import features

# Counts beside those of the splits, and the custom properties that hold them.
CLEANED = 'cleaned'  # reviews with bytes that were no UTF-8, or NUL
LEAKED = 'leaked'  # reviews left out, because eval or test holds the same text
CONTRADICTING = 'contradicting'  # texts that have both labels
_COUNTERS = 'reviews'
_BUCKETS = 10_000
_ALL_SPLITS = (readers.UNLABELED, *readers.SPLITS)
_SPLIT_BITS = {split: 1 << place for place, split in enumerate(_ALL_SPLITS)}  # the highest one keeps a text
_LABEL_BITS = {0: 16, 1: 32, readers.NO_LABEL: 0}


class Executor(base_beam_executor.BaseBeamExecutor):
  """Writes the splits train, eval and test, and unlabeled where asked for, as gzipped TFRecords of tf.Examples."""

  def Do(self, input_dict, output_dict, exec_properties):
    examples = artifact_utils.get_single_instance(output_dict['examples'])
    path, unlabeled = exec_properties['data'], exec_properties['unlabeled']
    names = _ALL_SPLITS if unlabeled else readers.SPLITS
    examples.split_names = artifact_utils.encode_split_names(list(names))
    shares = (exec_properties['eval_share'], exec_properties['test_share'])
    if readers.has_eval_split(path):
      shares = (0.0, shares[1])
    parts = [(part, False) for part in readers.parts(path)]
    if unlabeled:
      parts += [(part, True) for part in readers.unlabeled_parts(unlabeled)]
    pipeline = tfx_compat.make_beam_pipeline(self)
    splits = (
        pipeline
        | 'Parts' >> beam.Create(parts)
        | 'Read' >> beam.FlatMap(_read_part, (path, unlabeled), *shares).with_outputs(*names))
    held_back = beam.pvalue.AsDict(_held_back(splits, names))
    for split in names:
      prefix = os.path.join(examples.uri, f'Split-{split}', 'data_tfrecord')
      # pylint: disable-next=expression-not-assigned
      (splits[split]
       | f'HoldBack[{split}]' >> beam.FlatMap(_unless_held_back, split, held_back)
       | f'Write[{split}]' >> beam.io.WriteToTFRecord(prefix, file_name_suffix='.gz'))
    result = pipeline.run()
    result.wait_until_finish()
    counts = _counts(result)
    if not all(counts[split] for split in readers.SPLITS):
      raise ValueError(f'{path}: a split without reviews: ' + ', '.join(f'{s} {counts[s]}' for s in readers.SPLITS))
    for name, count in counts.items():
      examples.set_int_custom_property(name, count)
    # For the record of what a model was trained on. The driver's; version 2 of Kubeflow Pipelines runs none.
    known = exec_properties.get('content_hash') or readers.content_hash(path)
    examples.set_string_custom_property('content_hash', known)


def _held_back(splits, names):
  """(digest, the split that keeps it) of the texts that occur in several splits.

  A model that has seen a review of test in training would be given credit for its memory.
  """
  marks = []
  for split in names:
    marks.append(splits[split] | f'Mark[{split}]' >> beam.Map(
        lambda review, bit: (review[0], bit | _LABEL_BITS[review[1]]), _SPLIT_BITS[split]))
  return (
      marks
      | beam.Flatten()
      | 'Union' >> beam.CombinePerKey(functools.partial(functools.reduce, operator.or_))
      | 'InSeveral' >> beam.FlatMap(_in_several))


def _in_several(marked: tuple[bytes, int]) -> Iterator[tuple[bytes, str]]:
  digest, bits = marked
  if bits & _LABEL_BITS[0] and bits & _LABEL_BITS[1]:
    metric.Metrics.counter(_COUNTERS, CONTRADICTING).inc()
  found = [split for split, bit in _SPLIT_BITS.items() if bits & bit]
  if len(found) > 1:
    yield digest, found[-1]


def _unless_held_back(review: tuple[bytes, int, bytes], split: str, held_back: dict[bytes, str]) -> Iterator[bytes]:
  digest, _, example = review
  if held_back.get(digest, split) != split:
    metric.Metrics.counter(_COUNTERS, LEAKED).inc()
    return
  metric.Metrics.counter(_COUNTERS, split).inc()
  yield example


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


def word_count_bucket(text: bytes) -> bytes:
  """Returns the number of words of a text to a power of two, such as b'64-127', for statistics and drift warnings."""
  low = 1 << max(len(text.split()).bit_length() - 1, 0)
  return b'%d-%d' % (low, 2 * low - 1) if low > 1 else b'0-1'


def to_example(review: readers.Review) -> tf.train.Example:
  """The raw example of a review; its keys and types are the curated schema's."""
  example = tf.train.Example()
  feature = example.features.feature  # filled in place: a third less time than with a message made for each level
  feature[features.TEXT].bytes_list.value.append(review.text)
  feature[features.LABEL].int64_list.value.append(review.label)
  feature[features.RATING].int64_list.value.append(review.rating)
  feature[features.WORD_COUNT_BUCKET].bytes_list.value.append(word_count_bucket(review.text))
  feature[features.REVIEW_ID].bytes_list.value.append(review.review_id.encode())
  return example


def _read_part(part: tuple[str, bool], sources: tuple[str, str], eval_share: float,
               test_share: float) -> Iterator[beam.pvalue.TaggedOutput]:
  """The reviews of a part of the sources, those without a label or the others.

  Yields (digest of the text, label, serialized example), tagged with their splits.
  """
  path, unlabeled = part
  is_one_of_several_tables = path not in sources and os.path.isfile(path)
  for review in readers.read(path):
    if (review.split == readers.UNLABELED) != unlabeled:
      continue
    if is_one_of_several_tables:  # in which rows have the same numbers
      review = review._replace(review_id=f'{os.path.basename(path)}/{review.review_id}')
    text = readers.cleaned(review.text)
    if text != review.text:
      metric.Metrics.counter(_COUNTERS, CLEANED).inc()
      review = review._replace(text=text)
    split = split_of(review, eval_share, test_share)
    example = to_example(review).SerializeToString(deterministic=True)
    yield beam.pvalue.TaggedOutput(split, (hashlib.sha256(text).digest()[:16], review.label, example))


def _counts(result) -> dict[str, int]:
  """Reviews written, by split, and the counts beside."""
  counts = dict.fromkeys((*_ALL_SPLITS, CLEANED, LEAKED, CONTRADICTING), 0)
  for counter in result.metrics().query(metric.MetricsFilter().with_namespace(_COUNTERS))['counters']:
    counts[counter.key.metric.name] += counter.result
  return counts
