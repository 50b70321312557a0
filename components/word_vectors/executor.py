"""Executor of WordVectors: the vectors of this vocabulary, and their coverage of it and of the train split."""

import io
import os
from typing import Any, Optional, Sequence

import apache_beam as beam
import numpy as np
import scipy.sparse
import tensorflow as tf
import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import token_counts
from components.word_vectors import learned_vectors
from components.word_vectors import sources
from components.word_vectors import start_vectors
from models import features

VECTORS_FILE = 'vectors.npy'
_COUNTS_DIRECTORY = 'counts'
_RESERVED = len(features.RESERVED_TOKENS)  # ids below it are not words


def vectors_path(word_vectors: Optional[Sequence[types.Artifact]]) -> Optional[str]:
  """Return the path of vectors.npy in an executor's input of word vectors; None if the input is missing."""
  return os.path.join(artifact_utils.get_single_uri(word_vectors), VECTORS_FILE) if word_vectors else None


class Executor(base_beam_executor.BaseBeamExecutor):
  """Writes vectors.npy, float32 [vocabulary, dimension]."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Read or learn the vectors; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    graph = artifact_utils.get_single_uri(input_dict['transform_graph'])
    examples = artifact_utils.get_single_instance(input_dict['transformed_examples'])
    train = artifact_utils.get_split_uri([examples], features.TRAIN)
    output = artifact_utils.get_single_instance(output_dict['word_vectors'])
    words = tft.TFTransformOutput(graph).vocabulary_by_name(features.VOCABULARY)
    source, seed = exec_properties['embeddings'], exec_properties['seed']
    if source == sources.REVIEWS:
      vectors = learned_vectors.factorize(self._count_context_words(examples, len(words), output.uri), seed)
    else:
      vectors = start_vectors.read(source, words, seed)
    vectors.matrix[features.PADDING_ID] = 0
    with tf.io.gfile.GFile(os.path.join(output.uri, VECTORS_FILE), 'wb') as file:
      np.save(file, vectors.matrix)
    counts = token_counts.count_tokens(io_utils.all_files_pattern(train), len(words))
    counts[:_RESERVED] = 0
    output.set_int_custom_property('dimension', vectors.matrix.shape[1])
    output.set_int_custom_property('learned', int(source == sources.REVIEWS))
    output.set_int_custom_property('duplicate_lines', vectors.duplicates)
    output.set_float_custom_property('vocabulary_coverage', float(vectors.found[_RESERVED:].mean()))
    output.set_float_custom_property('token_coverage', float(counts @ vectors.found / max(counts.sum(), 1)))
    # From the driver. Version 2 of Kubeflow Pipelines runs no drivers.
    source_hash = exec_properties.get('content_hash') or sources.content_hash(source)
    output.set_string_custom_property('source_hash', source_hash)

  def _count_context_words(self, examples: types.Artifact, size: int, directory: str) -> scipy.sparse.spmatrix:
    """Count the context words in train and in the unlabeled reviews, on Beam."""
    splits = [split for split in artifact_utils.decode_split_names(examples.split_names)
              if split in (features.TRAIN, features.UNLABELED)]
    directories = [artifact_utils.get_split_uri([examples], split) for split in splits]
    files = [os.path.join(each, name) for each in directories for name in sorted(fileio.listdir(each))]
    blocks = os.path.join(directory, _COUNTS_DIRECTORY)
    fileio.makedirs(blocks)
    with tfx_compat.make_beam_pipeline(self) as pipeline:
      counts = learned_vectors.count_files(pipeline | 'Files' >> beam.Create(files), size)
      counts | 'Write' >> beam.Map(_write_block, blocks)  # pylint: disable=expression-not-assigned
    counts = scipy.sparse.vstack([_read_block(os.path.join(blocks, name)) for name in sorted(fileio.listdir(blocks))])
    fileio.rmtree(blocks)
    return counts


def _write_block(block: tuple[int, scipy.sparse.spmatrix], directory: str) -> None:
  number, rows = block
  content = io.BytesIO()  # a zip file is written in several places, which not all file systems can do
  scipy.sparse.save_npz(content, rows, compressed=False)
  with fileio.open(os.path.join(directory, f'{number:06}.npz'), 'wb') as file:
    file.write(content.getvalue())


def _read_block(path: str) -> scipy.sparse.spmatrix:
  with fileio.open(path, 'rb') as file:
    return scipy.sparse.load_npz(io.BytesIO(file.read()))
