"""ServingValidator: loads and calls an exported model as a server would, before it is pushed."""

import json
from typing import Mapping, Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.serving_validator import executor
from components.serving_validator import thresholds as thresholds_lib
from models import features

_artifacts = tfx.types.standard_artifacts


class ServingValidatorSpec(component_spec.ComponentSpec):
  """Spec of ServingValidator."""

  PARAMETERS = {
      'split': component_spec.ExecutionParameter(type=str),
      'timeout_s': component_spec.ExecutionParameter(type=int),
      'thresholds': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'model_run': component_spec.ChannelParameter(type=_artifacts.ModelRun),
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'baseline': component_spec.ChannelParameter(type=artifacts.ServedVersion, optional=True),
  }
  OUTPUTS = {'blessing': component_spec.ChannelParameter(type=_artifacts.InfraBlessing)}


class ServingValidator(base_component.BaseComponent):
  """Refuses, but does not fail, if a model cannot be served as it was trained, or costs too much.

  `blessing` is that of TFX's InfraValidator with more custom properties: `reason` (one line, empty if blessed),
  `not_compared` (why the served model could not be measured; empty if it was or there is none),
  executor.MEASUREMENTS, as far as they were made, and their thresholds, such as `max_p99_ms`. Its report.json has more.
  """

  SPEC_CLASS = ServingValidatorSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, model: tfx.dsl.Channel, model_run: tfx.dsl.Channel, examples: tfx.dsl.Channel, timeout_s: int,
               code: str, split: str = features.EVAL, baseline: Optional[tfx.dsl.Channel] = None,
               thresholds: Mapping[str, Optional[float]] = thresholds_lib.DEFAULTS):
    """Build the component.

    Args:
      model: channel of the candidate; its signatures are features.SCORING_SIGNATURES.
      model_run: channel of its training, with the scores of the training graph in training_scores.json.
      examples: channel of the raw examples.
      timeout_s: seconds for the process that loads and calls the model; a model that takes longer is refused.
      code: fingerprint of this component's code, part of the cache key.
      split: the split of `examples` that training_scores.json is of.
      baseline: channel of the ServedVersion that is served, for the ratios to it, or None.
      thresholds: upper bounds by measurement; None, or one that is not named, is not checked.

    Raises:
      ValueError: `timeout_s` is below 1, or a threshold is unknown or not a positive number.
    """
    thresholds_lib.check_thresholds(thresholds)
    if timeout_s < 1:
      raise ValueError(f'timeout_s must be at least 1 second, not {timeout_s}')
    super().__init__(ServingValidatorSpec(
        model=model,
        model_run=model_run,
        examples=examples,
        split=split,
        timeout_s=timeout_s,
        thresholds=json.dumps(dict(thresholds), sort_keys=True),
        baseline=baseline,
        code=code,
        blessing=tfx.dsl.Channel(type=_artifacts.InfraBlessing)))
