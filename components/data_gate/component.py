"""DataGate: stops the run if ExampleValidator, which never fails, has found an anomaly, or if labels look exchanged."""

from typing import Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import component_spec

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import custom_properties
from components.data_gate import executor
from components.data_gate import served_model

_artifacts = tfx.types.standard_artifacts


class Driver(tfx_compat.Driver):
  """Makes DataGate run again if another version is served than the one that the data was compared with."""

  def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
    """Return the execution property to add: `served_version`, empty if there is none to compare with."""
    destination = execution_info.exec_properties['destination']
    content_hash = custom_properties.read_property(execution_info.input_dict['examples'][0], 'content_hash')
    reference = served_model.find_reference(destination, content_hash) if destination else None
    output = driver_output_pb2.DriverOutput()
    output.exec_properties['served_version'].string_value = str(reference.path) if reference else ''
    return output


class DataGateSpec(component_spec.ComponentSpec):
  """Spec of DataGate."""

  PARAMETERS = {
      'destination': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'anomalies': component_spec.ChannelParameter(type=_artifacts.ExampleAnomalies),
      'statistics': component_spec.ChannelParameter(type=_artifacts.ExampleStatistics),
      'schema': component_spec.ChannelParameter(type=_artifacts.Schema),
      'previous_statistics': component_spec.ChannelParameter(type=_artifacts.ExampleStatistics, optional=True),
      'previous_examples': component_spec.ChannelParameter(type=_artifacts.Examples, optional=True),
  }
  OUTPUTS = {'blessing': component_spec.ChannelParameter(type=artifacts.DataBlessing)}


class DataGate(base_component.BaseComponent):
  """Refuses data with an anomaly against the schema, an empty split, one class only, or labels that look exchanged.

  Drift from the previous data is a warning and not a refusal, because what people write about does change: of the label
  share and the length beyond the schema's drift comparators, of the words, and of what the served model predicts.

  `blessing` exists if the data passed. Its custom properties: `drift`, the warnings, or nothing; `served_accuracy` of
  the served model on test; `oov_share` and `previous_oov_share` by its vocabulary; `domain_auc` of a classifier that
  tells new from previous texts, and `domain_auc_chance`, the upper end of its interval by chance; as far as there are a
  served model and previous data.
  """

  SPEC_CLASS = DataGateSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(
      self, examples: tfx.dsl.Channel, anomalies: tfx.dsl.Channel, statistics: tfx.dsl.Channel, schema: tfx.dsl.Channel,
      destination: str, code: str, previous_statistics: Optional[tfx.dsl.Channel] = None,
      previous_examples: Optional[tfx.dsl.Channel] = None):
    """Build the component.

    Args:
      examples: channel of the raw examples.
      anomalies: channel of what ExampleValidator found in them.
      statistics: channel of their statistics, by StatisticsGen.
      schema: channel of the schema, with drift comparators.
      destination: the directory that servers watch; empty to ask no served model.
      code: fingerprint of this component's code, part of the cache key.
      previous_statistics: channel of the statistics of the previous data, or None.
      previous_examples: channel of the previous raw examples, for when those of the served model are gone, or None.
    """
    super().__init__(DataGateSpec(
        examples=examples, anomalies=anomalies, statistics=statistics, schema=schema,
        previous_statistics=previous_statistics, previous_examples=previous_examples,
        destination=destination, code=code,
        blessing=tfx.dsl.Channel(type=artifacts.DataBlessing)))
