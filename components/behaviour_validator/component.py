"""BehaviourValidator: tests what a model does with texts made for the purpose, beside its metrics on real ones."""

import json
from typing import Mapping, Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.behaviour_validator import cases
from components.behaviour_validator import domain as domain_lib
from components.behaviour_validator import executor
from components.common import artifacts


class BehaviourValidatorSpec(component_spec.ComponentSpec):
  """Spec of BehaviourValidator."""

  PARAMETERS = {
      'thresholds': component_spec.ExecutionParameter(type=str),
      'reads': component_spec.ExecutionParameter(type=str),
      'domain': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {'model': component_spec.ChannelParameter(type=tfx.types.standard_artifacts.Model)}
  OUTPUTS = {'report': component_spec.ChannelParameter(type=artifacts.BehaviourReport)}


class BehaviourValidator(base_component.BaseComponent):
  """Runs the behaviour tests of a domain; refuses, but does not fail, if a capability is below its threshold."""

  SPEC_CLASS = BehaviourValidatorSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, model: tfx.dsl.Channel, code: str, thresholds: Mapping[str, float] = cases.DEFAULT_THRESHOLDS,
               domain: Optional[domain_lib.Domain] = None, reads: str = 'full'):
    """Build the component.

    Args:
      model: channel of the candidate.
      code: fingerprint of this component's code, part of the cache key.
      thresholds: the lowest pass rate, 0 to 1, by capability; a capability that is not named is measured only.
      domain: whose tests to run; its content is part of the cache key. None for the default domain.
      reads: one of cases.READS: with none, the thresholds of cases.READING do not hold, and the model has that limit.

    Raises:
      ValueError: a capability is unknown, a threshold is not from 0 to 1, or `reads` is unknown.
    """
    cases.check_thresholds(thresholds)
    if reads not in cases.READS:
      raise ValueError(f'reads must be one of {", ".join(cases.READS)}, not {reads!r}')
    super().__init__(BehaviourValidatorSpec(
        model=model,
        thresholds=json.dumps(dict(thresholds), sort_keys=True),
        reads=reads,
        domain=(domain or domain_lib.load(domain_lib.DEFAULT)).json(),
        code=code,
        report=tfx.dsl.Channel(type=artifacts.BehaviourReport)))
