"""BehaviourValidator: tests what a model does with texts made for the purpose, after it was measured on real ones."""

import json
from typing import Mapping

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.behaviour_validator import cases
from components.behaviour_validator import executor


class BehaviourValidatorSpec(component_spec.ComponentSpec):
  """Spec of BehaviourValidator."""

  PARAMETERS = {
      'floors': component_spec.ExecutionParameter(type=str),
      'signature': component_spec.ExecutionParameter(type=str),
      'input_key': component_spec.ExecutionParameter(type=str),
      'scores': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {'model': component_spec.ChannelParameter(type=tfx.types.standard_artifacts.Model)}
  OUTPUTS = {'report': component_spec.ChannelParameter(type=artifacts.BehaviourReport)}


class BehaviourValidator(base_component.BaseComponent):
  """Runs the behaviour tests of `cases`; refuses, but does not fail, where a capability is below its floor."""

  SPEC_CLASS = BehaviourValidatorSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, model, code: str, floors: Mapping[str, float] = cases.DEFAULT_FLOORS,
               signature: str = 'predict_text', input_key: str = 'text', scores: str = 'scores'):
    """Builds the component.

    Args:
      model: channel of the candidate.
      code: fingerprint of this component's code, part of the cache key.
      floors: the lowest pass rate (0 to 1) by capability; one that is left out is measured and refuses nothing.
      signature: of the SavedModel, which takes plain strings.
      input_key: the signature's input.
      scores: the signature's output, the probabilities of the positive class [batch, 1].

    Raises:
      ValueError: an unknown capability, or a floor outside of 0 to 1.
    """
    cases.check_floors(floors)
    super().__init__(BehaviourValidatorSpec(
        model=model,
        floors=json.dumps(dict(floors), sort_keys=True),
        signature=signature,
        input_key=input_key,
        scores=scores,
        code=code,
        report=tfx.dsl.Channel(type=artifacts.BehaviourReport)))
