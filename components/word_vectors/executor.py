"""Executor of WordVectors: the rows of this vocabulary, and how much of it and of the reviews they cover."""

import os
from typing import Optional

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.word_vectors import glove

VECTORS_FILE = 'vectors.npy'


def path_of(artifacts) -> Optional[str]:
  """The .npy in an executor's input of word vectors; None where there is no such input."""
  return artifacts and os.path.join(artifact_utils.get_single_uri(artifacts), VECTORS_FILE)


class Executor(base_executor.BaseExecutor):
  """Writes vectors.npy, float32 [vocabulary, dimension]."""

  def Do(self, input_dict, output_dict, exec_properties):
    graph = artifact_utils.get_single_uri(input_dict['transform_graph'])
    examples = artifact_utils.get_split_uri(input_dict['transformed_examples'], 'train')
    output = artifact_utils.get_single_instance(output_dict['word_vectors'])
    words = tft.TFTransformOutput(graph).vocabulary_by_name(exec_properties['vocabulary'])
    path = exec_properties['embeddings']
    rows = glove.read(path, words, exec_properties['seed'])
    rows.matrix[0] = 0  # padding
    with tf.io.gfile.GFile(os.path.join(output.uri, VECTORS_FILE), 'wb') as file:
      np.save(file, rows.matrix)
    counts = _token_counts(io_utils.all_files_pattern(examples), exec_properties['tokens_key'], len(words))
    counts[:exec_properties['reserved']] = 0
    output.set_int_custom_property('dimension', rows.matrix.shape[1])
    output.set_int_custom_property('duplicate_lines', rows.duplicates)
    output.set_float_custom_property('vocabulary_coverage', float(rows.found[exec_properties['reserved']:].mean()))
    output.set_float_custom_property('token_coverage', float(counts @ rows.found / max(counts.sum(), 1)))
    # The driver's; version 2 of Kubeflow Pipelines runs none.
    known = exec_properties.get('content_hash') or glove.content_hash(path)
    output.set_string_custom_property('source_hash', known)


def _token_counts(pattern: str, key: str, size: int) -> np.ndarray:
  """How often each token id occurs, int64 [size]."""
  spec = {key: tf.io.VarLenFeature(tf.int64)}
  counts = np.zeros(size, np.int64)
  for batch in tf.data.TFRecordDataset(tf.io.matching_files(pattern), 'GZIP').batch(1024):
    counts += np.bincount(tf.io.parse_example(batch, spec)[key].values.numpy(), minlength=size)
  return counts
