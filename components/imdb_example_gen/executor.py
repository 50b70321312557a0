"""Executor of ImdbExampleGen: splits reviews and writes them as tf.Examples, on Beam."""

import functools
import hashlib
import operator
import os
from typing import Any, Iterator

import apache_beam as beam
from apache_beam.metrics import metric
from apache_beam.runners import runner
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import examples as examples_lib
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from models import features

# Custom properties of the examples with counts, beside one for each split. Old runs have these names, too.
CLEANED = 'cleaned'  # reviews in which NUL or bytes that are not UTF-8 were replaced
CROSS_SPLIT_DUPLICATES = 'leaked'  # reviews dropped because a later split, such as test, has the same text
CONTRADICTING = 'contradicting'  # texts that occur with both labels
SAMPLE = 'sample_reviews'  # reviews that pipeline/sources/sample_data.py made
_COUNTERS = 'reviews'
_BUCKETS = 10_000
_ALL_SPLITS = (features.UNLABELED, *features.SPLITS)
_SPLIT_BITS = {split: 1 << place for place, split in enumerate(_ALL_SPLITS)}  # the highest one keeps a text
_LABEL_BITS = {0: 16, 1: 32, features.NO_LABEL: 0}


class Executor(base_beam_executor.BaseBeamExecutor):
  """Writes the splits train, eval, test and, on request, unlabeled, as gzipped TFRecords of tf.Examples."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Split and write the reviews; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    examples = artifact_utils.get_single_instance(output_dict['examples'])
    path, unlabeled = exec_properties['data'], exec_properties['unlabeled']
    names = _ALL_SPLITS if unlabeled else features.SPLITS
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
    kept_in = beam.pvalue.AsDict(_cross_split_duplicates(splits, names))
    for split in names:
      prefix = os.path.join(examples.uri, f'Split-{split}', 'data_tfrecord')
      # pylint: disable-next=expression-not-assigned
      (splits[split]
       | f'DropDuplicates[{split}]' >> beam.FlatMap(_drop_duplicate, split, kept_in)
       | f'Write[{split}]' >> beam.io.WriteToTFRecord(prefix, file_name_suffix='.gz'))
    result = pipeline.run()
    result.wait_until_finish()
    counts = _read_counters(result)
    if not all(counts[split] for split in features.SPLITS):
      raise ValueError(f'{path}: a split without reviews: ' + ', '.join(f'{s} {counts[s]}' for s in features.SPLITS))
    for name, count in counts.items():
      examples.set_int_custom_property(name, count)
    for name, value in _hash_sources(exec_properties, counts[features.UNLABELED] > 0).items():
      examples.set_string_custom_property(name, value)


def _hash_sources(exec_properties: dict[str, Any], uses_unlabeled: bool) -> dict[str, str]:
  """Return the properties that say what a model was trained on; `content_hash` stands for all of it.

  The driver has computed the hashes, except on version 2 of Kubeflow Pipelines, which runs no drivers.
  """
  path, unlabeled = exec_properties['data'], exec_properties['unlabeled']
  data_hash = exec_properties.get('content_hash') or readers.content_hash(path)
  if not uses_unlabeled:
    return {'data_hash': data_hash, 'content_hash': data_hash}
  unlabeled_hash = exec_properties.get('unlabeled_hash') or readers.unlabeled_hash(unlabeled)
  return {
      'data_hash': data_hash, 'unlabeled_hash': unlabeled_hash,
      'unlabeled_source': os.path.basename(unlabeled.rstrip('/')),
      # Empty if the unlabeled reviews are those of the labelled source, which needs no flag.
      'unlabeled_flag': '--unlabeled' if unlabeled != path else '',
      'content_hash': hashlib.sha256(f'{data_hash}\0{unlabeled_hash}'.encode()).hexdigest()}


def _cross_split_duplicates(splits, names):
  """Return the texts that occur in several splits, as (digest, the split that keeps it).

  A review of test that the model has seen in training would measure its memory.
  """
  marks = []
  for split in names:
    marks.append(splits[split] | f'Mark[{split}]' >> beam.Map(
        lambda review, bit: (review[0], bit | _LABEL_BITS[review[1]]), _SPLIT_BITS[split]))
  return (
      marks
      | beam.Flatten()
      | 'Union' >> beam.CombinePerKey(functools.partial(functools.reduce, operator.or_))
      | 'InSeveral' >> beam.FlatMap(_choose_split_of_duplicate))


def _choose_split_of_duplicate(marked: tuple[bytes, int]) -> Iterator[tuple[bytes, str]]:
  digest, bits = marked
  if bits & _LABEL_BITS[0] and bits & _LABEL_BITS[1]:
    metric.Metrics.counter(_COUNTERS, CONTRADICTING).inc()
  splits = [split for split, bit in _SPLIT_BITS.items() if bits & bit]
  if len(splits) > 1:
    yield digest, splits[-1]


def _drop_duplicate(review: tuple[bytes, int, bytes], split: str, kept_in: dict[bytes, str]) -> Iterator[bytes]:
  digest, _, example = review
  if kept_in.get(digest, split) != split:
    metric.Metrics.counter(_COUNTERS, CROSS_SPLIT_DUPLICATES).inc()
    return
  metric.Metrics.counter(_COUNTERS, split).inc()
  yield example


def choose_split(review: review_lib.Review, eval_share: float, test_share: float) -> str:
  """Return the split of a review: its own if the source assigns one, except that a share of train becomes eval.

  A hash of the text decides, so that runs agree and duplicates stay in one split. If the source assigns no splits, a
  share of all reviews becomes test.

  Args:
    review: the review.
    eval_share: share of train, from 0 to 1, that becomes eval.
    test_share: share of the reviews without a split, from 0 to 1, that becomes test.

  Returns:
    'train', 'eval', 'test' or 'unlabeled'.
  """
  if review.split not in (None, 'train'):
    return review.split
  digest = hashlib.sha256(review.text).digest()
  if review.split is None and int.from_bytes(digest[8:16], 'big') % _BUCKETS < test_share * _BUCKETS:
    return 'test'
  return 'eval' if int.from_bytes(digest[:8], 'big') % _BUCKETS < eval_share * _BUCKETS else 'train'


def word_count_bucket(text: bytes) -> bytes:
  """Return the number of words of a text to a power of two, such as b'64-127', for statistics and drift warnings.

  Args:
    text: UTF-8.

  Returns:
    The lowest and the highest number of the bucket, b'0-1' for at most one word.
  """
  low = 1 << max(len(text.split()).bit_length() - 1, 0)
  return b'%d-%d' % (low, 2 * low - 1) if low > 1 else b'0-1'


def to_example(review: review_lib.Review) -> tf.train.Example:
  """Convert a review to a raw example; keys and types are those of the curated schema.

  Args:
    review: the review, with a clean text.

  Returns:
    The tf.Example.
  """
  example = examples_lib.encode_example(review.text, review.label, review.rating, review.review_id)
  example.features.feature[features.WORD_COUNT_BUCKET].bytes_list.value.append(word_count_bucket(review.text))
  return example


def _read_part(part: tuple[str, bool], sources: tuple[str, str], eval_share: float,
               test_share: float) -> Iterator[beam.pvalue.TaggedOutput]:
  """Read the labelled or the unlabeled reviews of a part of the sources.

  Yields (digest of the text, label, serialized example), tagged with their splits.
  """
  path, unlabeled = part
  is_one_of_several_tables = path not in sources and os.path.isfile(path)
  for review in readers.read(path):
    if (review.split == features.UNLABELED) != unlabeled:
      continue
    if review.review_id.startswith(review_lib.SAMPLE_ID):
      metric.Metrics.counter(_COUNTERS, SAMPLE).inc()
    if is_one_of_several_tables:  # row numbers, the default ids, repeat from table to table
      review = review._replace(review_id=f'{os.path.basename(path)}/{review.review_id}')
    text = review_lib.clean_text(review.text)
    if text != review.text:
      metric.Metrics.counter(_COUNTERS, CLEANED).inc()
      review = review._replace(text=text)
    split = choose_split(review, eval_share, test_share)
    example = to_example(review).SerializeToString(deterministic=True)
    yield beam.pvalue.TaggedOutput(split, (hashlib.sha256(text).digest()[:16], review.label, example))


def _read_counters(result: runner.PipelineResult) -> dict[str, int]:
  """Return the number of reviews written by split, and the other counts by custom property."""
  counts = dict.fromkeys((*_ALL_SPLITS, CLEANED, CROSS_SPLIT_DUPLICATES, CONTRADICTING, SAMPLE), 0)
  for counter in result.metrics().query(metric.MetricsFilter().with_namespace(_COUNTERS))['counters']:
    counts[counter.key.metric.name] += counter.result
  return counts
