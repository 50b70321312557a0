"""VersionedPusher: makes a blessed model live, complete or not at all.

TFX's own Pusher copies into the final directory, where a server may find half of a model, and skips the copy silently
if the version exists.
"""

from typing import Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import component_spec
from tfx.utils import path_utils

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import decision as decision_lib
from components.versioned_pusher import executor
from components.versioned_pusher import push_and_rollback
from models import features

_artifacts = tfx.types.standard_artifacts


class Driver(tfx_compat.Driver):
  """Makes VersionedPusher run again if the model is not live any more, which TFX's cache would not notice."""

  def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
    """Return the execution property to add: `destination_state`."""
    inputs, destination = execution_info.input_dict, execution_info.exec_properties['destination']
    model = inputs['model'][0].uri
    output = driver_output_pb2.DriverOutput()
    output.exec_properties['destination_state'].string_value = (
        'refused' if executor.find_refusals(inputs)
        else push_and_rollback.cache_state(destination, model, path_utils.serving_model_path(model),
                                           decision_lib.recorded_threshold(executor.read_decision(inputs))))
    return output


class VersionedPusherSpec(component_spec.ComponentSpec):
  """Spec of VersionedPusher."""

  PARAMETERS = {
      'destination': component_spec.ExecutionParameter(type=str),
      'keep': component_spec.ExecutionParameter(type=int),
      'model_name': component_spec.ExecutionParameter(type=str),
      'split': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'model_blessing': component_spec.ChannelParameter(type=_artifacts.ModelBlessing),
      'infra_blessing': component_spec.ChannelParameter(type=_artifacts.InfraBlessing, optional=True),
      'behaviour_report': component_spec.ChannelParameter(type=artifacts.BehaviourReport, optional=True),
      'model_card': component_spec.ChannelParameter(type=artifacts.ModelCard, optional=True),
      'decision': component_spec.ChannelParameter(type=artifacts.Decision, optional=True),
      'evaluation': component_spec.ChannelParameter(type=_artifacts.ModelEvaluation, optional=True),
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples, optional=True),
  }
  OUTPUTS = {'pushed_model': component_spec.ChannelParameter(type=_artifacts.PushedModel)}


class VersionedPusher(base_component.BaseComponent):
  """Pushes to `destination`/<number>; custom properties of `pushed_model` say where, or why not."""

  SPEC_CLASS = VersionedPusherSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, model: tfx.dsl.Channel, model_blessing: tfx.dsl.Channel, destination: str, code: str,
               infra_blessing: Optional[tfx.dsl.Channel] = None, behaviour_report: Optional[tfx.dsl.Channel] = None,
               model_card: Optional[tfx.dsl.Channel] = None, decision: Optional[tfx.dsl.Channel] = None,
               evaluation: Optional[tfx.dsl.Channel] = None, examples: Optional[tfx.dsl.Channel] = None, keep: int = 5,
               model_name: str = 'sentiment', split: str = features.TEST):
    """Build the component.

    Args:
      model: channel of the candidate.
      model_blessing: channel of the Evaluator's verdict.
      destination: the directory that servers watch.
      code: fingerprint of this component's code, part of the cache key.
      infra_blessing: channel of the ServingValidator's verdict, or None.
      behaviour_report: channel of the BehaviourReport, or None.
      model_card: channel of the ModelCard, which is pushed with the model, or None.
      decision: channel of the decision threshold that is pushed with the model, or None for 0.5.
      evaluation: channel of the Evaluator's results, whose scores and comparison are pushed with the model, or None.
      examples: channel of raw examples for the warm-up requests; None for no such requests.
      keep: number of versions to keep.
      model_name: the model's name on a server.
      split: the split of the examples that warm-up requests are taken from.

    Raises:
      ValueError: `keep` is below 1.
    """
    if keep < 1:
      raise ValueError(f'keep must be at least 1, not {keep}: the newest version is live')
    super().__init__(VersionedPusherSpec(
        model=model, model_blessing=model_blessing, infra_blessing=infra_blessing, behaviour_report=behaviour_report,
        model_card=model_card, decision=decision, evaluation=evaluation, examples=examples, destination=destination,
        keep=keep, model_name=model_name, split=split, code=code,
        pushed_model=tfx.dsl.Channel(type=_artifacts.PushedModel)))
