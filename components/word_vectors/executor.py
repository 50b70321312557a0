"""Executor of WordVectors: the vectors of this vocabulary, and their coverage of it and of the train split."""

import os
from typing import Any, Optional, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.common import artifacts
from components.common import token_counts
from components.word_vectors import glove
from components.word_vectors import start_vectors
from models import features

VECTORS_FILE = 'vectors.npy'
_RESERVED = len(features.RESERVED_TOKENS)  # ids below it are not words


def vectors_path(word_vectors: Optional[Sequence[types.Artifact]]) -> Optional[str]:
  """Return the path of vectors.npy in an executor's input of word vectors; None if the input is missing."""
  return os.path.join(artifact_utils.get_single_uri(word_vectors), VECTORS_FILE) if word_vectors else None


class Executor(base_executor.BaseExecutor):
  """Writes vectors.npy, float32 [vocabulary, dimension]."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Read the embeddings; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    graph = artifact_utils.get_single_uri(input_dict['transform_graph'])
    train = artifact_utils.get_split_uri(input_dict['transformed_examples'], features.TRAIN)
    output = artifact_utils.get_single_instance(output_dict['word_vectors'])
    words = tft.TFTransformOutput(graph).vocabulary_by_name(features.VOCABULARY)
    path = exec_properties['embeddings']
    vectors = start_vectors.read(path, words, exec_properties['seed'])
    vectors.matrix[features.PADDING_ID] = 0
    with tf.io.gfile.GFile(os.path.join(output.uri, VECTORS_FILE), 'wb') as file:
      np.save(file, vectors.matrix)
    counts = token_counts.count_tokens(io_utils.all_files_pattern(train), len(words))
    counts[:_RESERVED] = 0
    output.set_int_custom_property('dimension', vectors.matrix.shape[1])
    output.set_int_custom_property('duplicate_lines', vectors.duplicates)
    output.set_float_custom_property('vocabulary_coverage', float(vectors.found[_RESERVED:].mean()))
    output.set_float_custom_property('token_coverage', float(counts @ vectors.found / max(counts.sum(), 1)))
    # From the driver. Version 2 of Kubeflow Pipelines runs no drivers.
    source_hash = exec_properties.get('content_hash') or glove.content_hash(path)
    output.set_string_custom_property('source_hash', source_hash)
