"""DecisionThreshold: chooses on eval the probability above which a text is predicted positive."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.decision_threshold import executor
from components.decision_threshold import target as target_lib

_artifacts = tfx.types.standard_artifacts


class DecisionThresholdSpec(component_spec.ComponentSpec):
  """Spec of DecisionThreshold."""

  PARAMETERS = {
      'target': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'evaluation': component_spec.ChannelParameter(type=_artifacts.ModelEvaluation),
  }
  OUTPUTS = {'decision': component_spec.ChannelParameter(type=artifacts.Decision)}


class DecisionThreshold(base_component.BaseComponent):
  """Outputs `decision`, a threshold with its figures on eval and on test.

  It is a component of its own so that another target neither trains nor evaluates the model again.
  """

  SPEC_CLASS = DecisionThresholdSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, model: tfx.dsl.Channel, examples: tfx.dsl.Channel, evaluation: tfx.dsl.Channel, target: str,
               code: str):
    """Build the component.

    Args:
      model: channel of the candidate.
      examples: channel of the raw examples, on whose split eval the threshold is chosen.
      evaluation: channel of the Evaluator's results, whose scores on test the threshold is measured on.
      target: see `target.parse`.
      code: fingerprint of this component's code, part of the cache key.

    Raises:
      ValueError: the target is malformed.
    """
    target_lib.parse(target)
    super().__init__(DecisionThresholdSpec(
        model=model, examples=examples, evaluation=evaluation, target=target, code=code,
        decision=tfx.dsl.Channel(type=artifacts.Decision)))
