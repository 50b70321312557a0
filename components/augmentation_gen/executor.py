"""Executor of AugmentationGen: adds the split of augmented examples to the splits that there are, on Beam."""

import hashlib
import json
import os
import random
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Optional

import apache_beam as beam
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.augmentation_gen import exchange
from components.augmentation_gen import lexicon as lexicon_lib
from components.augmentation_gen import sentences
from components.common import artifacts
from components.common import examples as examples_lib
from components.common import job_counts
from models import features
from models.text import counts

KINDS = (*sentences.KINDS, *exchange.KINDS)
_BATCH = 1024  # reviews read at a time
_SHARD = 1_000  # sentences made at a time
_SPEC = {features.TEXT: tf.io.FixedLenFeature([], tf.string), features.LABEL: tf.io.FixedLenFeature([], tf.int64),
         features.REVIEW_ID: tf.io.FixedLenFeature([], tf.string)}


class Executor(base_beam_executor.BaseBeamExecutor):
  """Copies all splits of the examples, and writes one more, features.AUGMENTED."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Make the examples; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    source = artifact_utils.get_single_instance(input_dict['examples'])
    output = artifact_utils.get_single_instance(output_dict['augmented_examples'])
    splits = artifact_utils.decode_split_names(source.split_names)
    output.split_names = artifact_utils.encode_split_names([*splits, features.AUGMENTED])
    for split in splits:
      examples_lib.copy_split(source.uri, output.uri, split)

    def list_files(chosen):
      directories = [artifact_utils.get_split_uri([source], split) for split in chosen if split in splits]
      return [os.path.join(directory, name) for directory in directories for name in sorted(fileio.listdir(directory))]

    more_files = list_files(json.loads(exec_properties['more_splits']))
    prefix = os.path.join(artifact_utils.get_split_uri([output], features.AUGMENTED), 'data_tfrecord')
    pipeline = tfx_compat.make_beam_pipeline(self)
    more = None
    if more_files:
      more = (
          pipeline
          | 'MoreFiles' >> beam.Create(more_files)
          | 'Count' >> beam.Map(_count_examples)
          | 'More' >> beam.CombineGlobally(sum))
    examples = (
        pipeline
        | 'Files' >> beam.Create(list_files([features.TRAIN]))
        | 'Read' >> beam.FlatMap(_read_reviews)
        | MakeExamples(
            json.loads(exec_properties['doses']), exec_properties['seed'], more, exec_properties['most_times']))
    # pylint: disable-next=expression-not-assigned
    examples | 'Encode' >> beam.Map(_encode) | 'Write' >> beam.io.WriteToTFRecord(prefix, file_name_suffix='.gz')
    job_counts.publish([examples | 'Kinds' >> beam.Map(lambda example: (example.kind, 1))])
    result = pipeline.run()
    result.wait_until_finish()
    made = job_counts.read(result)
    output.set_string_custom_property(
        features.AUGMENTED, json.dumps({kind: made[kind] for kind in KINDS if kind in made}))


class Review(NamedTuple):
  """A review of train.

  Attributes:
    review_id: of the review.
    text: of the review.
    label: 0 or 1.
  """

  review_id: str
  text: str
  label: int


class Candidate(NamedTuple):
  """What a review gives to a kind.

  Attributes:
    group: the kind and the label of the review: half of the examples come from each label.
    rank: from 0 to 1, by a hash: the candidates of lowest rank are taken.
    made: the (text, label) of each example.
  """

  group: tuple[str, int]
  rank: float
  made: list[exchange.LabelledText]


class Augmented(NamedTuple):
  """An augmented example.

  Attributes:
    kind: one of KINDS.
    name: its review_id.
    text: of the example.
    label: 0 or 1.
  """

  kind: str
  name: str
  text: str
  label: int


def _read_reviews(path: str) -> Iterator[list[Review]]:
  """Yield the reviews of a file, some at a time: the parser takes batches, and Beam's elements cost time."""
  for batch in tf.data.TFRecordDataset(path, 'GZIP').batch(_BATCH):
    parsed = {name: values.numpy() for name, values in tf.io.parse_example(batch, _SPEC).items()}
    yield [Review(review_id.decode(), text.decode(), label) for review_id, text, label in zip(
        parsed[features.REVIEW_ID], parsed[features.TEXT], parsed[features.LABEL].tolist())]


def _count_examples(path: str) -> int:
  return sum(len(batch) for batch in tf.data.TFRecordDataset(path, 'GZIP').batch(_BATCH).as_numpy_iterator())


class MakeExamples(beam.PTransform):
  """Makes augmented examples from lists of reviews; neither the lists nor the workers change them."""

  def __init__(self, doses: Mapping[str, float], seed: int, more: Optional[beam.PCollection] = None,
               most_times: float = 1.0):
    """Take the doses.

    Args:
      doses: number of examples by kind, relative to the number of reviews. Of `snippets` and `mentions`, that of pairs.
      seed: the same seed makes the same examples.
      more: one int, the number of texts that a model learns from beside the reviews; None for none. The doses, but for
        that of `reviews`, are multiplied by the number of all texts relative to that of the reviews.
      most_times: by what they are multiplied at most.
    """
    super().__init__()
    self._doses, self._seed, self._more, self._most_times = doses, seed, more, most_times

  def expand(self, pcoll: beam.PCollection) -> beam.PCollection:
    """Turn lists of Review into Augmented."""
    size = beam.pvalue.AsSingleton(
        pcoll | 'Sizes' >> beam.Map(len) | 'Size' >> beam.CombineGlobally(sum).without_defaults())
    doses = self._doses if self._more is None else beam.pvalue.AsSingleton(
        self._more | 'Doses' >> beam.Map(_multiply, self._most_times, self._doses, size))
    lexicon = beam.pvalue.AsSingleton(
        pcoll
        | 'CountWords' >> beam.FlatMap(_count_words)
        | 'AddUp' >> beam.CombineGlobally(_add_up).without_defaults()
        | 'Learn' >> beam.Map(lexicon_lib.learn))
    candidates = pcoll | 'Exchange' >> beam.FlatMap(_find_candidates, doses, self._seed, lexicon)
    limits = beam.pvalue.AsDict(
        candidates
        | 'Ranks' >> beam.Map(lambda candidate: (candidate.group[0], (candidate.group[1], candidate.rank)))
        | 'Group' >> beam.GroupByKey()
        | 'Limits' >> beam.FlatMap(_find_limits, doses, size))
    exchanged = candidates | 'Choose' >> beam.FlatMap(_choose, limits)
    generated = (
        pcoll.pipeline
        | 'Kinds' >> beam.Create([kind for kind in sentences.KINDS if self._doses.get(kind)])
        | 'Shards' >> beam.FlatMap(_split_into_shards, doses, size)
        | 'Reshuffle' >> beam.Reshuffle()
        | 'Generate' >> beam.FlatMap(_generate, self._seed))
    return [exchanged, generated] | beam.Flatten()


def _multiply(more: int, most_times: float, doses: Mapping[str, float], size: int) -> dict[str, float]:
  times = min((size + more) / size, most_times)
  # Not whole reviews, which the part of a model that reads short texts does not learn from: more would cost accuracy.
  return {kind: dose if kind == 'reviews' else times * dose for kind, dose in doses.items()}


def _count_words(reviews):
  for label in (0, 1):
    yield lexicon_lib.count_words([review.text for review in reviews if review.label == label], label)


def _add_up(tables):
  return counts.add_up(list(tables), at_once=True)[0]


def _find_candidates(reviews: list[Review], doses: Mapping[str, float], seed: int,
                     lexicon: lexicon_lib.Lexicon) -> Iterator[Candidate]:
  """Yield what the reviews give; a hash of a review decides whether it is tried."""
  for kind in exchange.KINDS:
    dose, tried = doses.get(kind, 0.0), exchange.TRIED[kind]
    for review in reviews if dose else ():
      key = hashlib.blake2b(f'{kind} {seed} {review.review_id} {review.text}'.encode(), digest_size=8).digest()
      number = int.from_bytes(key, 'big')
      if number / 2**64 < dose * tried[review.label]:
        made = exchange.make(kind, review.text, review.label, lexicon, random.Random(number))
        if made:
          yield Candidate((kind, review.label), number / 2**64, made)


def _find_limits(grouped: tuple[str, Iterable[tuple[int, float]]], doses: Mapping[str, float], size: int
                 ) -> Iterator[tuple[tuple[str, int], float]]:
  """Yield each group of a kind with the rank below which its candidates are half of the dose, or fewer for both."""
  kind, candidates = grouped[0], list(grouped[1])
  ranks = [sorted(rank for own, rank in candidates if own == label) for label in (0, 1)]
  wanted = min(round(doses[kind] * size / 2), *map(len, ranks))
  for label in (0, 1):
    yield (kind, label), ranks[label][wanted] if wanted < len(ranks[label]) else 1.0


def _choose(candidate: Candidate, limits: Mapping[tuple[str, int], float]) -> Iterator[Augmented]:
  """Yield the examples of a candidate below its limit, named by its rank."""
  if candidate.rank < limits[candidate.group]:
    kind = candidate.group[0]
    for number, (text, label) in enumerate(candidate.made):
      yield Augmented(kind, f'{features.AUGMENTED_ID}{kind}-{int(candidate.rank * 2**48):012x}-{number}', text, label)


def _split_into_shards(kind: str, doses: Mapping[str, float], size: int) -> Iterator[tuple[str, int, int]]:
  count = round(doses[kind] * size)
  for start in range(0, count, _SHARD):
    yield kind, start, min(_SHARD, count - start)


def _generate(shard: tuple[str, int, int], seed: int) -> Iterator[Augmented]:
  kind, start, count = shard
  for number, (text, label) in enumerate(sentences.generate(kind, seed, count, start), start):
    yield Augmented(kind, f'{features.AUGMENTED_ID}{kind}-{number:06d}', text, label)


def _encode(example: Augmented) -> bytes:
  return examples_lib.encode_labelled_example(
      example.text.encode(), example.label, 0, example.name).SerializeToString(deterministic=True)
