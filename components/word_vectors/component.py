"""WordVectors: vectors for the words of this run's vocabulary, read from a GloVe file or learned from the reviews."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import source_driver
from components.word_vectors import executor
from components.word_vectors import sources

_artifacts = tfx.types.standard_artifacts


class WordVectorsSpec(component_spec.ComponentSpec):
  """Spec of WordVectors."""

  PARAMETERS = {
      'embeddings': component_spec.ExecutionParameter(type=str),
      'seed': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'transform_graph': component_spec.ChannelParameter(type=_artifacts.TransformGraph),
      'transformed_examples': component_spec.ChannelParameter(type=_artifacts.Examples),
  }
  OUTPUTS = {'word_vectors': component_spec.ChannelParameter(type=artifacts.WordVectorsArtifact)}


class Driver(source_driver.SourceDriver):
  """Makes WordVectors run again when the content of the embeddings has changed."""

  source = 'embeddings'
  content_hash = staticmethod(sources.content_hash)


class WordVectors(base_component.BaseComponent):
  """Keeps the word vectors of a vocabulary; `word_vectors` is an `artifacts.WordVectorsArtifact`."""

  SPEC_CLASS = WordVectorsSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, transform_graph: tfx.dsl.Channel, transformed_examples: tfx.dsl.Channel, embeddings: str,
               seed: int, code: str):
    """Build the component.

    Args:
      transform_graph: channel of Transform's graph, which holds the vocabulary.
      transformed_examples: channel of Transform's examples; token coverage is measured on their train split, and
        vectors are learned from it and from their unlabeled split.
      embeddings: the GloVe file, see `glove.check`, or `sources.REVIEWS`.
      seed: seed of the rows of words that the file lacks, and of the decomposition that learns vectors.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(WordVectorsSpec(
        transform_graph=transform_graph,
        transformed_examples=transformed_examples,
        embeddings=embeddings,
        seed=seed,
        code=code,
        word_vectors=tfx.dsl.Channel(type=artifacts.WordVectorsArtifact)))
