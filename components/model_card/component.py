"""ModelCardGen: a model card (M. Mitchell et al., "Model Cards for Model Reporting", 2019) for every candidate."""

from typing import Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import hashing
from components.model_card import executor
from components.model_card import rendering

_artifacts = tfx.types.standard_artifacts


class ModelCardSpec(component_spec.ComponentSpec):
  """Spec of ModelCardGen."""

  PARAMETERS = {'code': component_spec.ExecutionParameter(type=str)}
  INPUTS = {
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'augmented_examples': component_spec.ChannelParameter(type=_artifacts.Examples, optional=True),
      'statistics': component_spec.ChannelParameter(type=_artifacts.ExampleStatistics, optional=True),
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'evaluation': component_spec.ChannelParameter(type=_artifacts.ModelEvaluation),
      'model_blessing': component_spec.ChannelParameter(type=_artifacts.ModelBlessing),
      'infra_blessing': component_spec.ChannelParameter(type=_artifacts.InfraBlessing, optional=True),
      'behaviour_report': component_spec.ChannelParameter(type=artifacts.BehaviourReport, optional=True),
      'decision': component_spec.ChannelParameter(type=artifacts.Decision, optional=True),
  }
  OUTPUTS = {'card': component_spec.ChannelParameter(type=artifacts.ModelCard)}


class ModelCardGen(base_component.BaseComponent):
  """Documents a candidate, blessed or not; outputs `card`, an `artifacts.ModelCard`."""

  SPEC_CLASS = ModelCardSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(
      self, examples: tfx.dsl.Channel, model: tfx.dsl.Channel, evaluation: tfx.dsl.Channel,
      model_blessing: tfx.dsl.Channel, code: str, statistics: Optional[tfx.dsl.Channel] = None,
      infra_blessing: Optional[tfx.dsl.Channel] = None, behaviour_report: Optional[tfx.dsl.Channel] = None,
      decision: Optional[tfx.dsl.Channel] = None, augmented_examples: Optional[tfx.dsl.Channel] = None):
    """Build the component.

    Args:
      examples: channel of the raw examples.
      model: channel of the candidate.
      evaluation: channel of the Evaluator's results.
      model_blessing: channel of the Evaluator's verdict.
      code: fingerprint of this component's Python code, part of the cache key; the templates are added here.
      statistics: channel of the statistics of the raw examples, or None.
      infra_blessing: channel of the serving check's verdict, or None.
      behaviour_report: channel of the BehaviourReport, or None.
      decision: channel of the decision threshold, or None for 0.5.
      augmented_examples: channel of AugmentationGen's examples, or None.
    """
    super().__init__(ModelCardSpec(
        examples=examples,
        augmented_examples=augmented_examples,
        statistics=statistics,
        model=model,
        evaluation=evaluation,
        model_blessing=model_blessing,
        infra_blessing=infra_blessing,
        behaviour_report=behaviour_report,
        decision=decision,
        code=hashing.hash_with_files(code, rendering.TEMPLATES),
        card=tfx.dsl.Channel(type=artifacts.ModelCard)))
