"""ServingValidator: tries an exported model out as a server would use it, before it is pushed."""

import json
from typing import Mapping

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.serving_validator import executor

_artifacts = tfx.types.standard_artifacts


class ServingValidatorSpec(component_spec.ComponentSpec):
  """Spec of ServingValidator."""

  PARAMETERS = {
      'signatures': component_spec.ExecutionParameter(type=str),
      'scores': component_spec.ExecutionParameter(type=str),
      'text_key': component_spec.ExecutionParameter(type=str),
      'id_key': component_spec.ExecutionParameter(type=str),
      'split': component_spec.ExecutionParameter(type=str),
      'timeout_s': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'model': component_spec.ChannelParameter(type=_artifacts.Model),
      'model_run': component_spec.ChannelParameter(type=_artifacts.ModelRun),
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
  }
  OUTPUTS = {'blessing': component_spec.ChannelParameter(type=_artifacts.InfraBlessing)}


class ServingValidator(base_component.BaseComponent):
  """Refuses, but does not fail, where a model cannot be served as it was trained.

  `blessing` is as that of TFX's InfraValidator, with more custom properties: `reason` (one line, empty where blessed),
  load_seconds, p50_ms, p99_ms, memory_mb and max_score_difference, as far as they were measured; report.json has more.
  """

  SPEC_CLASS = ServingValidatorSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, model, model_run, examples, signatures: Mapping[str, str], timeout_s: int, code: str,
               scores: str = 'scores', text_key: str = 'text', id_key: str = 'review_id', split: str = 'eval'):
    """Builds the component.

    Args:
      model: channel of the candidate.
      model_run: channel of its training; training_scores.json there has the training graph's score by review id.
      examples: channel of the raw examples.
      signatures: the signatures that score, by the name of their only input: `text_key` takes plain strings, any other
        name serialized tf.Examples.
      timeout_s: seconds for the process that tries the model; one that takes longer is refused.
      code: fingerprint of this component's code, part of the cache key.
      scores: the only output of the signatures, the probabilities of the positive class, float32 [batch, 1].
      text_key: feature of the examples with the text.
      id_key: feature of the examples with the review id.
      split: the split of `examples` with the reviews of training_scores.json.

    Raises:
      ValueError: no signature takes plain strings or none takes examples, or there is no time at all.
    """
    if len(signatures) < 2 or text_key not in signatures:
      raise ValueError(f'signatures must name one by the input {text_key!r} and one by an input of serialized '
                       f'examples, not {dict(signatures)}')
    if timeout_s < 1:
      raise ValueError(f'timeout_s must be at least 1 second, not {timeout_s}')
    super().__init__(ServingValidatorSpec(
        model=model,
        model_run=model_run,
        examples=examples,
        signatures=json.dumps(dict(signatures), sort_keys=True),
        scores=scores,
        text_key=text_key,
        id_key=id_key,
        split=split,
        timeout_s=timeout_s,
        code=code,
        blessing=tfx.dsl.Channel(type=_artifacts.InfraBlessing)))
