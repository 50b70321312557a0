"""Executor of SentenceGen: adds the split of sentences to the splits that there are."""

import hashlib
import heapq
import os
from typing import Any, Iterator, Sequence

import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.augmentation_gen import exchange
from components.common import artifacts
from components.common import examples as examples_lib
from models import features

_SOURCES = (features.TRAIN, features.UNLABELED)  # never eval or test: what is cut out of them would be learned
_MIN_WORDS, _MAX_WORDS = 4, 60
_FILE = 'data_tfrecord-00000-of-00001.gz'


class Executor(base_executor.BaseExecutor):
  """Copies all splits of the examples, and writes one more, features.SENTENCES."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Cut the sentences; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    source = artifact_utils.get_single_instance(input_dict['examples'])
    output = artifact_utils.get_single_instance(output_dict['examples_with_sentences'])
    splits = artifact_utils.decode_split_names(source.split_names)
    output.split_names = artifact_utils.encode_split_names([*splits, features.SENTENCES])
    for split in splits:
      examples_lib.copy_split(source.uri, output.uri, split)
    train_size = sum(1 for _ in examples_lib.read_records(source.uri, features.TRAIN))
    ranked = _rank_sentences(source.uri, [split for split in _SOURCES if split in splits], exec_properties['seed'])
    chosen = dict(heapq.nsmallest(round(exec_properties['dose'] * train_size), ranked))  # equal sentences are one
    directory = artifact_utils.get_split_uri([output], features.SENTENCES)
    tf.io.gfile.makedirs(directory)
    with tf.io.TFRecordWriter(os.path.join(directory, _FILE), 'GZIP') as writer:
      for rank, sentence in chosen.items():
        example = examples_lib.encode_labelled_example(
            sentence.encode(), features.NO_LABEL, 0, features.SENTENCE_ID + rank)
        writer.write(example.SerializeToString(deterministic=True))
    output.set_int_custom_property(features.SENTENCES, len(chosen))
    output.set_float_custom_property('dose', exec_properties['dose'])


def _rank_sentences(uri: str, splits: Sequence[str], seed: int) -> Iterator[tuple[str, str]]:
  """Yield each sentence of some splits that is neither short nor long, behind its rank, a hash in hex."""
  for split in splits:
    for example in examples_lib.read_examples(uri, split):
      for sentence in exchange.split_sentences(example.text.decode(errors='replace')):
        if _MIN_WORDS <= len(sentence.split()) <= _MAX_WORDS:
          yield hashlib.blake2b(f'{seed} {sentence}'.encode(), digest_size=8).hexdigest(), sentence
