"""WordVectors: the rows of a GloVe file that belong to this run's vocabulary."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import source_driver
from components.word_vectors import executor
from components.word_vectors import glove

_artifacts = tfx.types.standard_artifacts


class WordVectorsSpec(component_spec.ComponentSpec):
  """Spec of WordVectors."""

  PARAMETERS = {
      'embeddings': component_spec.ExecutionParameter(type=str),
      'vocabulary': component_spec.ExecutionParameter(type=str),
      'tokens_key': component_spec.ExecutionParameter(type=str),
      'reserved': component_spec.ExecutionParameter(type=int),
      'seed': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'transform_graph': component_spec.ChannelParameter(type=_artifacts.TransformGraph),
      'transformed_examples': component_spec.ChannelParameter(type=_artifacts.Examples),
  }
  OUTPUTS = {'word_vectors': component_spec.ChannelParameter(type=artifacts.WordVectorsArtifact)}


class Driver(source_driver.SourceDriver):
  """Notices another content of the embeddings."""

  source = 'embeddings'

  content_hash = glove.content_hash


class WordVectors(base_component.BaseComponent):
  """Keeps a vocabulary's word vectors; `word_vectors` is a `components.common.artifacts.WordVectorsArtifact`."""

  SPEC_CLASS = WordVectorsSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, transform_graph, transformed_examples, **parameters):
    """Builds the component.

    Args:
      transform_graph: channel of Transform's graph, whose vocabulary counts.
      transformed_examples: channel of Transform's examples, whose train split the token coverage is of.
      **parameters: embeddings (what `glove.check` accepts), vocabulary (the vocabulary's name), tokens_key (the
        feature with token ids), reserved (ids below it are no words), seed (of unknown words' rows) and code (the
        fingerprint of this component's code).
    """
    super().__init__(WordVectorsSpec(
        transform_graph=transform_graph, transformed_examples=transformed_examples, **parameters,
        word_vectors=tfx.dsl.Channel(type=artifacts.WordVectorsArtifact)))
