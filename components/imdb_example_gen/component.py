"""ImdbExampleGen: converts reviews to tf.Examples with the splits train, eval, test and, on request, unlabeled."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import component_spec

from components.common import source_driver
from components.imdb_example_gen import executor
from components.imdb_example_gen import readers
from components.imdb_example_gen import review_rows


class ImdbExampleGenSpec(component_spec.ComponentSpec):
  """Spec of ImdbExampleGen."""

  PARAMETERS = {
      'data': component_spec.ExecutionParameter(type=str),
      'unlabeled': component_spec.ExecutionParameter(type=str),
      'eval_share': component_spec.ExecutionParameter(type=float),
      'test_share': component_spec.ExecutionParameter(type=float),
      'text_column': component_spec.ExecutionParameter(type=str),
      'label_column': component_spec.ExecutionParameter(type=str),
      'labels': component_spec.ExecutionParameter(type=str),
      'max_bad_rows': component_spec.ExecutionParameter(type=float),
      'near_duplicates': component_spec.ExecutionParameter(type=float),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS: dict[str, component_spec.ChannelParameter] = {}
  OUTPUTS = {'examples': component_spec.ChannelParameter(type=tfx.types.standard_artifacts.Examples)}


class Driver(source_driver.SourceDriver):
  """Adds hashes of the reviews and of the unlabeled reviews, if any, to the cache key."""

  source = 'data'
  content_hash = readers.content_hash

  def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
    """Return the execution properties to add: `content_hash` and `unlabeled_hash`."""
    output = super().run(execution_info)
    path = execution_info.exec_properties['unlabeled']
    output.exec_properties['unlabeled_hash'].string_value = readers.unlabeled_hash(path) if path else ''
    return output


class ImdbExampleGen(base_beam_component.BaseBeamComponent):
  """Reads reviews; `examples` has the splits and, as custom properties, the number of reviews of each."""

  SPEC_CLASS = ImdbExampleGenSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, data: str, unlabeled: str, eval_share: float, test_share: float, code: str,
               options: review_rows.Options = review_rows.DEFAULT_OPTIONS, near_duplicates: float = 0.0):
    """Build the component.

    Args:
      data: path of labelled reviews, as `readers.check` accepts.
      unlabeled: path of a source, as `readers.check_unlabeled` accepts, whose unlabeled reviews become a split of their
        own; empty for no such split.
      eval_share: share of train, from 0 to 1, that becomes eval; 0 is used if the source has eval reviews of its own.
      test_share: share of the reviews, from 0 to 1, that becomes test if the source assigns no splits.
      code: fingerprint of this component's code, part of the cache key.
      options: how tables are read.
      near_duplicates: similarity (0.5 to 1) from which on reviews of different splits are near-duplicates, of which one
        is dropped; 0 to look for none.
    """
    super().__init__(ImdbExampleGenSpec(
        data=data, unlabeled=unlabeled, eval_share=eval_share, test_share=test_share, code=code,
        near_duplicates=near_duplicates, **options._asdict(),
        examples=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)))
