"""ReportGen: a report on the candidate for people, blessed or not, as one page that needs no network."""

import hashlib
import os
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
_PARAMETERS = ('split', 'text_key', 'label_key', 'rating_key', 'id_key', 'vocabulary', 'code')


class ReportGenSpec(component_spec.ComponentSpec):
  """Spec of ReportGen."""

  PARAMETERS = {
      **{name: component_spec.ExecutionParameter(type=str) for name in _PARAMETERS},
      'reserved': component_spec.ExecutionParameter(type=int),
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
  """Writes the card's facts, curves, telling words and the surest mistakes; `report` is an `artifacts.Report`."""

  SPEC_CLASS = ReportGenSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, examples, transform_graph, model, evaluation, model_card, pushed_model, code: str,
               word_vectors: Optional[tfx.dsl.Channel] = None, **parameters):
    """Builds the component.

    Args:
      examples: channel of the raw examples.
      transform_graph: channel of Transform's graph.
      model: channel of the candidate.
      evaluation: channel of what the Evaluator measured.
      model_card: channel of the candidate's ModelCard.
      pushed_model: channel of what the Pusher says.
      code: fingerprint of this component's Python code, part of the cache key; the templates are added here.
      word_vectors: channel of the vectors that the model started from, or None.
      **parameters: split (whose mistakes are shown), text_key, label_key, rating_key and id_key (of the raw examples),
        vocabulary (the vocabulary's name) and reserved (ids below it are no words).
    """
    super().__init__(ReportGenSpec(
        examples=examples, transform_graph=transform_graph, word_vectors=word_vectors, model=model,
        evaluation=evaluation, model_card=model_card, pushed_model=pushed_model, code=_with_templates(code),
        **parameters, report=tfx.dsl.Channel(type=artifacts.Report)))


def _with_templates(code: str) -> str:
  """A fingerprint of code that an edited template changes too."""
  parts = [code, *(hashing.file_hash(os.path.join(rendering.FOLDER, name)) for name in sorted(os.listdir(rendering.FOLDER)))]
  return hashlib.sha256('\0'.join(parts).encode()).hexdigest()
