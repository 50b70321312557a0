"""ImdbExampleGen: reviews into tf.Examples with the splits train, eval, test and, where asked for, unlabeled."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import source_driver
from components.imdb_example_gen import executor
from components.imdb_example_gen import readers


class ImdbExampleGenSpec(component_spec.ComponentSpec):
  """Spec of ImdbExampleGen."""

  PARAMETERS = {
      'data': component_spec.ExecutionParameter(type=str),
      'unlabeled': component_spec.ExecutionParameter(type=str),
      'eval_share': component_spec.ExecutionParameter(type=float),
      'test_share': component_spec.ExecutionParameter(type=float),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {}
  OUTPUTS = {'examples': component_spec.ChannelParameter(type=tfx.types.standard_artifacts.Examples)}


class Driver(source_driver.SourceDriver):
  """Notices another content of the data, and of the unlabeled reviews where they are asked for."""

  source = 'data'
  content_hash = readers.content_hash

  def run(self, execution_info):
    """Returns the execution properties to add: `content_hash` and `unlabeled_hash`."""
    output = super().run(execution_info)
    path = execution_info.exec_properties['unlabeled']
    output.exec_properties['unlabeled_hash'].string_value = readers.unlabeled_hash(path) if path else ''
    return output


class ImdbExampleGen(base_beam_component.BaseBeamComponent):
  """Reads reviews; `examples` has the splits and, as custom properties, their counts."""

  SPEC_CLASS = ImdbExampleGenSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, data: str, unlabeled: str, eval_share: float, test_share: float, code: str):
    """Builds the component.

    Args:
      data: what `readers.check` accepts.
      unlabeled: what `readers.check_unlabeled` accepts, whose reviews without a label make a split of their own;
        empty for no such split.
      eval_share: share of train (0 to 1) that becomes eval; none where the source has its own eval reviews.
      test_share: share of the reviews (0 to 1) that becomes test where the source names no splits.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(ImdbExampleGenSpec(
        data=data, unlabeled=unlabeled, eval_share=eval_share, test_share=test_share, code=code,
        examples=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)))
