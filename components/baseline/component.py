"""Baseline: finds the pushed versions that a candidate is compared with."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import component_spec

from compat import tfx as tfx_compat
from components.baseline import executor
from components.common import artifacts

_artifacts = tfx.types.standard_artifacts


class Driver(tfx_compat.Driver):
  """Makes Baseline run again after a push or a rollback, which TFX's cache would not notice."""

  def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
    """Return the execution property to add: `destination_state`, the versions that the executor will find."""
    found = executor.find_versions(execution_info.input_dict, execution_info.exec_properties)
    output = driver_output_pb2.DriverOutput()
    output.exec_properties['destination_state'].string_value = ', '.join(
        f'{role}: {version.path}' for role, version in found.items())
    return output


class BaselineSpec(component_spec.ComponentSpec):
  """Spec of Baseline."""

  PARAMETERS = {
      'destination': component_spec.ExecutionParameter(type=str),
      'split': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
  }
  OUTPUTS = {
      'baseline': component_spec.ChannelParameter(type=artifacts.ServedVersion),
      'best': component_spec.ChannelParameter(type=artifacts.ServedVersion),
  }


class Baseline(base_component.BaseComponent):
  """Finds `baseline`, the version that is served, and `best`, the kept version with the best accuracy on test.

  A resolver would know only what the metadata store has: neither rollbacks nor which model was pushed. Version 2 of
  Kubeflow Pipelines does not run resolvers of a project.
  """

  SPEC_CLASS = BaselineSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, model: tfx.dsl.Channel, examples: tfx.dsl.Channel, destination: str, split: str, code: str):
    """Build the component.

    Args:
      model: channel of the candidate.
      examples: channel of the raw examples.
      destination: the directory that servers watch.
      split: the split of the examples on which models are compared.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(BaselineSpec(
        model=model, examples=examples, destination=destination, split=split, code=code,
        baseline=tfx.dsl.Channel(type=artifacts.ServedVersion), best=tfx.dsl.Channel(type=artifacts.ServedVersion)))
