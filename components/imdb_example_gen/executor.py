"""Executor of ImdbExampleGen: splits reviews and writes them as tf.Examples, on Beam."""

import collections
from concurrent import futures
import functools
import hashlib
import json
import operator
import os
import re
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

import apache_beam as beam
from apache_beam.metrics import metric
from apache_beam.runners import runner
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import examples as examples_lib
from components.common import job_counts
from components.common import length_batches
from components.imdb_example_gen import near_duplicates
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from components.imdb_example_gen import review_rows
from components.imdb_example_gen import tokens as tokens_lib
from models import features

# Custom properties of the examples with counts, beside one for each split. Old runs have these names, too.
CLEANED = 'cleaned'  # reviews in which NUL or bytes that are not UTF-8 were replaced
CROSS_SPLIT_DUPLICATES = 'leaked'  # reviews dropped because a later split, such as test, has the same tokens
CONTRADICTING = 'contradicting'  # texts, as tokens, that occur with both labels
NEAR_DUPLICATES = 'near_duplicates'  # reviews dropped because they are similar to one of a later split, on request
SAMPLE = 'sample_reviews'  # reviews that pipeline/sources/sample_data.py made
WITHOUT_LABEL = 'without_label'  # rows of the labelled reviews whose label says that they have none
BAD_ROW_EXAMPLES = 'bad_row_examples'  # a string: the first bad rows, one in each line
_SHOWN_BAD_ROWS = 3
# Execution properties that decide which reviews are in which split.
_SETTINGS = ('eval_share', 'test_share', 'near_duplicates', *review_rows.Options._fields)
_METRICS = 'reviews'
COUNTS = (CLEANED, CROSS_SPLIT_DUPLICATES, NEAR_DUPLICATES, CONTRADICTING, SAMPLE, WITHOUT_LABEL,
          review_lib.BAD_ROWS, review_lib.OTHER_FILES, review_lib.REPEATED_MEMBERS)
_BUCKETS = 10_000
_BATCH, _BATCH_BYTES = 256, 1_000_000  # reviews that are tokenised together
_MAIN = 'reviews'  # the output beside the counts
_ALL_SPLITS = (features.UNLABELED, *features.SPLITS)
_SPLIT_BITS = {split: 1 << place for place, split in enumerate(_ALL_SPLITS)}  # the highest one keeps a text
_LABEL_BITS = {0: 16, 1: 32, features.NO_LABEL: 0}
# Reviews pass through Beam in batches, as each element of a collection takes time, and as plain tuples, which it
# encodes fast: digest of the tokens, label, serialized example, whether it has an identity term, sketch or nothing.
_Batch = Sequence[tuple[bytes, int, bytes, bool, bytes]]


class Executor(base_beam_executor.BaseBeamExecutor):
  """Writes the splits train, eval, test and, on request, unlabeled, as gzipped TFRecords of tf.Examples."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Split and write the reviews; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    examples = artifact_utils.get_single_instance(output_dict['examples'])
    path, unlabeled = exec_properties['data'], exec_properties['unlabeled']
    names = _ALL_SPLITS if unlabeled else features.SPLITS
    examples.split_names = artifact_utils.encode_split_names(list(names))
    options = review_rows.DEFAULT_OPTIONS._replace(
        **{name: exec_properties[name] for name in review_rows.Options._fields if name in exec_properties})
    source = readers.open_source(path, options)
    similarity = exec_properties.get('near_duplicates', 0.0)
    eval_share = 0.0 if source.has_eval_split() else exec_properties['eval_share']
    problems = _Problems(options.max_bad_rows)
    readers.report_other_files(path, problems.add)
    pipeline = tfx_compat.make_beam_pipeline(self)
    splits = (
        pipeline
        | 'Parts' >> beam.Create(_parts(source, unlabeled))
        | 'Read' >> beam.FlatMap(
            _read_part, eval_share, exec_properties['test_share'], bool(similarity)).with_outputs(
                job_counts.TAG, *names))
    _write_splits({name: splits[name] for name in names}, splits[job_counts.TAG], similarity, examples.uri)
    result = pipeline.run()
    result.wait_until_finish()
    counts, bad_rows = _read_metrics(result, problems)
    _check(path, options.max_bad_rows, counts, bad_rows)
    for name, count in counts.items():
      examples.set_int_custom_property(name, count)
    settings = {name: exec_properties[name] for name in _SETTINGS if name in exec_properties}
    hashes = _hash_sources(exec_properties, counts[features.UNLABELED] > 0)
    texts = {BAD_ROW_EXAMPLES: '\n'.join(bad_rows), 'settings': json.dumps(settings), **hashes}
    for name, value in texts.items():
      examples.set_string_custom_property(name, value)


def _write_splits(splits, counts, similarity, uri):
  """Write the reviews that are kept, and publish the counts of them and of all others."""
  duplicates = _cross_split_duplicates(splits)
  kept_in = beam.pvalue.AsDict(duplicates[_MAIN])
  counted = [counts, duplicates[job_counts.TAG]]
  for split in splits:
    unique = splits[split] | f'DropDuplicates[{split}]' >> beam.FlatMap(
        _drop_duplicates, split, kept_in).with_outputs(job_counts.TAG, main=_MAIN)
    counted.append(unique[job_counts.TAG])
    if similarity and split != list(splits)[-1]:
      unique = _drop_near_duplicates(unique[_MAIN], split, splits, similarity)
      counted.append(unique[job_counts.TAG])
    written = unique[_MAIN] | f'Count[{split}]' >> beam.FlatMap(_count, split).with_outputs(job_counts.TAG, main=_MAIN)
    counted.append(written[job_counts.TAG])
    prefix = os.path.join(uri, f'Split-{split}', 'data_tfrecord')
    # pylint: disable-next=expression-not-assigned
    written[_MAIN] | f'Write[{split}]' >> beam.io.WriteToTFRecord(prefix, file_name_suffix='.gz')
  job_counts.publish(counted)


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


class _Part(NamedTuple):
  """A part of the labelled or unlabeled reviews, as `readers.read` reads it."""

  path: str
  source: readers.Source
  is_unlabeled: bool


def _parts(source: readers.Source, unlabeled: str) -> list[_Part]:
  """Return the parts of the labelled reviews and those of the unlabeled ones, if there is a path of such."""
  parts = [_Part(part, source, False) for part in readers.parts(source.path)]
  if unlabeled:
    unlabeled_source = source if unlabeled == source.path else readers.open_source(
        unlabeled, source.options, needs_labels=False)
    parts += [_Part(part, unlabeled_source, True) for part in readers.unlabeled_parts(unlabeled)]
  return parts


class _Problems:
  """Counts what is not read as a review, and keeps the first bad rows.

  Attributes:
    counts: the number of problems by kind.
    bad_rows: the first messages of bad rows.
  """

  def __init__(self, max_bad_rows: float):
    self._refuses_all = not max_bad_rows
    self.counts: collections.Counter[str] = collections.Counter()
    self.bad_rows: list[str] = []

  def add(self, problem: review_lib.Problem) -> None:
    """Count a problem; a bad row raises ValueError if none is accepted."""
    if self._refuses_all:
      review_lib.refuse_bad_rows(problem)
    self.counts[problem.kind] += 1
    if problem.kind == review_lib.BAD_ROWS and len(self.bad_rows) < _SHOWN_BAD_ROWS:
      self.bad_rows.append(problem.message)

  def record(self) -> Iterator[beam.pvalue.TaggedOutput]:
    """Yield the counts, and add the bad rows to the metrics of the Beam job, which keep each of them once."""
    for kind, number in self.counts.items():
      yield job_counts.count(kind, number)
    for message in self.bad_rows:
      metric.Metrics.string_set(_METRICS, BAD_ROW_EXAMPLES).add(message)


def _cross_split_duplicates(splits):
  """Return the texts that occur in several splits, as (digest of the tokens, the split that keeps it).

  A review of test that the model has seen in training would measure its memory. To a model, texts with the same tokens
  are the same.
  """
  marks = [splits[split] | f'Mark[{split}]' >> beam.FlatMap(_mark, _SPLIT_BITS[split]) for split in splits]
  return (
      marks
      | beam.Flatten()
      | 'Union' >> beam.CombinePerKey(functools.partial(functools.reduce, operator.or_))
      | 'InSeveral' >> beam.FlatMap(_choose_split_of_duplicate).with_outputs(job_counts.TAG, main=_MAIN))


def _mark(batch: _Batch, bit: int) -> Iterator[tuple[bytes, int]]:
  for digest, label, *_ in batch:
    yield digest, bit | _LABEL_BITS[label]


def _choose_split_of_duplicate(marked):
  digest, bits = marked
  if bits & _LABEL_BITS[0] and bits & _LABEL_BITS[1]:
    yield job_counts.count(CONTRADICTING, 1)
  splits = [split for split, bit in _SPLIT_BITS.items() if bits & bit]
  if len(splits) > 1:
    yield digest, splits[-1]


def _drop_duplicates(batch, split, kept_in):
  kept = [review for review in batch if kept_in.get(review[0], split) == split]
  if len(kept) < len(batch):
    yield job_counts.count(CROSS_SPLIT_DUPLICATES, len(batch) - len(kept))
  yield kept


def _drop_near_duplicates(reviews, split, splits, similarity):
  """Return the reviews of a split without those that are similar to one of a more important split."""
  names = list(splits)
  sketches = [splits[name] | f'Sketches[{split}, {name}]' >> beam.FlatMap(_sketches)
              for name in names[names.index(split) + 1:]] | f'Sketches[{split}]' >> beam.Flatten()
  drop = near_duplicates.DropNearDuplicates(similarity, NEAR_DUPLICATES)
  return reviews | f'DropNearDuplicates[{split}]' >> beam.ParDo(drop, beam.pvalue.AsIter(sketches)).with_outputs(
      job_counts.TAG, main=_MAIN)


def _sketches(batch: _Batch) -> list[bytes]:
  return [sketch for *_, sketch in batch]


def _count(batch, split):
  """Count the reviews of a batch, and yield their serialized examples."""
  yield job_counts.count(split, len(batch))
  yield job_counts.count(review_lib.IDENTITY_TERMS + split, sum(has_terms for *_, has_terms, _ in batch))
  for _, _, example, *_ in batch:
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


def _read_part(part: _Part, eval_share: float, test_share: float,
               makes_sketches: bool) -> Iterator[beam.pvalue.TaggedOutput]:
  """Read the labelled or the unlabeled reviews of a part of a source.

  Yields batches, tagged with their splits.
  """
  problems = _Problems(part.source.options.max_bad_rows)
  reviews = (review for review in readers.read(part.path, part.source, problems.add)
             if _belongs_to(review, part, problems.counts))
  batches = length_batches.group_items(reviews, _BATCH, _BATCH_BYTES, lambda review: len(review.text))
  for batch, tokens in _tokenize(batches, problems.counts):
    sketches = near_duplicates.sketch(tokens.strings) if makes_sketches else [b''] * len(batch)
    by_split = collections.defaultdict(list)
    for review, string, has_terms, sketch in zip(batch, *tokens, sketches):
      example = examples_lib.encode_labelled_example(
          review.text, review.label, review.rating, review.review_id).SerializeToString(deterministic=True)
      by_split[choose_split(review, eval_share, test_share)].append(
          (tokens_lib.digest(string), review.label, example, has_terms, sketch))
    for split, reviews_of_split in by_split.items():
      yield beam.pvalue.TaggedOutput(split, reviews_of_split)
  yield from problems.record()


def _tokenize(batches: Iterable[Sequence[review_lib.Review]], counts: collections.Counter[str]
              ) -> Iterator[tuple[list[review_lib.Review], tokens_lib.Tokens]]:
  """Yield each batch, cleaned, with its tokens. TensorFlow finds these while the next batch is read."""
  with futures.ThreadPoolExecutor(1) as thread:
    last = None
    for batch in batches:
      batch = [_clean(review, counts) for review in batch]
      tokens = thread.submit(tokens_lib.tokenize, [review.text for review in batch])
      if last:
        yield last[0], last[1].result()
      last = batch, tokens
    if last:
      yield last[0], last[1].result()


def _belongs_to(review: review_lib.Review, part: _Part, counts: collections.Counter[str]) -> bool:
  """Return whether a review has a label, or of an unlabeled source, has none; counts the kinds of reviews."""
  has_no_label = review.split == features.UNLABELED
  if has_no_label and not part.is_unlabeled and part.source.survey:  # of the aclImdb layout, train/unsup is expected
    counts[WITHOUT_LABEL] += 1
  if has_no_label != part.is_unlabeled:
    return False
  if f'/{review_lib.SAMPLE_ID}' in f'/{review.review_id}':
    counts[SAMPLE] += 1
  return True


def _clean(review: review_lib.Review, counts: collections.Counter[str]) -> review_lib.Review:
  text = review_lib.clean_text(review.text)
  if text == review.text:
    return review
  counts[CLEANED] += 1
  return review._replace(text=text)


def _read_metrics(result: runner.PipelineResult, problems: _Problems) -> tuple[dict[str, int], list[str]]:
  """Return the number of reviews written by split with the counts of COUNTS, and the first bad rows."""
  by_split = [prefix + split for prefix in ('', review_lib.IDENTITY_TERMS) for split in _ALL_SPLITS]
  counts = dict.fromkeys((*by_split, *COUNTS), 0)
  for found in problems.counts, job_counts.read(result):
    for kind, number in found.items():
      counts[kind] += number
  strings = result.metrics().query(metric.MetricsFilter().with_namespace(_METRICS))['string_sets']
  bad_rows = {*problems.bad_rows}.union(*(each.result for each in strings))
  return counts, sorted(bad_rows, key=_natural_order)[:_SHOWN_BAD_ROWS]


def _natural_order(message: str) -> list[str]:
  """Return a key that sorts row 2 before row 10."""
  return [part.zfill(12) if part.isdecimal() else part for part in re.split('([0-9]+)', message)]


def _check(path: str, max_bad_rows: float, counts: dict[str, int], bad_rows: list[str]) -> None:
  """Raise ValueError for too many bad rows, or a split without reviews."""
  bad = counts[review_lib.BAD_ROWS]
  rows = bad + sum(counts[name] for name in (*_ALL_SPLITS, CROSS_SPLIT_DUPLICATES, NEAR_DUPLICATES))
  if bad > max_bad_rows * rows:
    more = f'; also {"; ".join(bad_rows[1:])}' if bad_rows[1:] else ''
    raise ValueError(f'{bad_rows[0]} ({bad:,} of {rows:,} rows cannot be used{more}); correct them, or accept more '
                     f'than {max_bad_rows:.3g} of the rows with --set max_bad_rows')
  if not all(counts[split] for split in features.SPLITS):
    hint = f'; {counts[WITHOUT_LABEL]:,} rows have no label' if counts[WITHOUT_LABEL] else ''
    raise ValueError(f'{path}: a split without reviews: '
                     + ', '.join(f'{split} {counts[split]}' for split in features.SPLITS) + hint)
