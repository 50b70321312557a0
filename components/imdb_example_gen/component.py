"""ImdbExampleGen: labelled reviews into tf.Examples with the splits train, eval and test."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components import source_driver
from components.imdb_example_gen import executor
from components.imdb_example_gen import readers


class ImdbExampleGenSpec(component_spec.ComponentSpec):
  """Spec of ImdbExampleGen."""

  PARAMETERS = {
      'data': component_spec.ExecutionParameter(type=str),
      'eval_share': component_spec.ExecutionParameter(type=float),
      'test_share': component_spec.ExecutionParameter(type=float),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {}
  OUTPUTS = {'examples': component_spec.ChannelParameter(type=tfx.types.standard_artifacts.Examples)}


class Driver(source_driver.SourceDriver):
  """Notices another content of the data."""

  source = 'data'
  content_hash = readers.content_hash


class ImdbExampleGen(base_beam_component.BaseBeamComponent):
  """Reads reviews; `examples` has the splits train, eval and test and, as custom properties, their counts."""

  SPEC_CLASS = ImdbExampleGenSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, data: str, eval_share: float, test_share: float, code: str):
    """Builds the component.

    Args:
      data: what `readers.check` accepts.
      eval_share: share of train (0 to 1) that becomes eval; none where the source has its own eval reviews.
      test_share: share of the reviews (0 to 1) that becomes test where the source names no splits.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(ImdbExampleGenSpec(
        data=data, eval_share=eval_share, test_share=test_share, code=code,
        examples=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)))
