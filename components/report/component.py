"""ReportGen: a report on every candidate, blessed or not, as one HTML page that needs no network."""

from typing import Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import hashing
from components.report import executor
from components.report import rendering

_artifacts = tfx.types.standard_artifacts


class ReportGenSpec(component_spec.ComponentSpec):
  """Spec of ReportGen."""

  PARAMETERS = {
      'split': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'transform_graph': component_spec.ChannelParameter(type=_artifacts.TransformGraph),
      'word_vectors': component_spec.ChannelParameter(type=artifacts.WordVectorsArtifact, optional=True),
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'evaluation': component_spec.ChannelParameter(type=_artifacts.ModelEvaluation),
      'model_card': component_spec.ChannelParameter(type=artifacts.ModelCard),
      'pushed_model': component_spec.ChannelParameter(type=_artifacts.PushedModel),
  }
  OUTPUTS = {'report': component_spec.ChannelParameter(type=artifacts.Report)}


class ReportGen(base_component.BaseComponent):
  """Writes the content of the model card, curves, influential words and confident errors; outputs `report`."""

  SPEC_CLASS = ReportGenSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(
      self, examples: tfx.dsl.Channel, transform_graph: tfx.dsl.Channel, model: tfx.dsl.Channel,
      evaluation: tfx.dsl.Channel, model_card: tfx.dsl.Channel, pushed_model: tfx.dsl.Channel, split: str, code: str,
      word_vectors: Optional[tfx.dsl.Channel] = None):
    """Build the component.

    Args:
      examples: channel of the raw examples.
      transform_graph: channel of Transform's graph.
      model: channel of the candidate.
      evaluation: channel of the Evaluator's results.
      model_card: channel of the candidate's ModelCard.
      pushed_model: channel of the Pusher's result.
      split: the split of the examples whose errors are shown.
      code: fingerprint of this component's Python code, part of the cache key; the templates are added here.
      word_vectors: channel of the vectors that the model started from, or None.
    """
    super().__init__(ReportGenSpec(
        examples=examples, transform_graph=transform_graph, word_vectors=word_vectors, model=model,
        evaluation=evaluation, model_card=model_card, pushed_model=pushed_model, split=split,
        code=hashing.hash_with_files(code, rendering.TEMPLATES), report=tfx.dsl.Channel(type=artifacts.Report)))
