"""SentenceGen: adds a split of sentences without labels, cut out of train and of the unlabeled reviews."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.sentence_gen import executor

_artifacts = tfx.types.standard_artifacts


class SentenceGenSpec(component_spec.ComponentSpec):
  """Spec of SentenceGen."""

  PARAMETERS = {
      'dose': component_spec.ExecutionParameter(type=float),
      'seed': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {'examples': component_spec.ChannelParameter(type=_artifacts.Examples)}
  OUTPUTS = {'examples_with_sentences': component_spec.ChannelParameter(type=_artifacts.Examples)}


class SentenceGen(base_component.BaseComponent):
  """Cuts sentences out of reviews.

  `examples_with_sentences` has the splits of the input as they are, the split `sentences`, whose examples have no
  label, and as the custom property `sentences` their number.
  """

  SPEC_CLASS = SentenceGenSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, examples: tfx.dsl.Channel, dose: float, seed: int, code: str):
    """Build the component.

    Args:
      examples: channel of the raw examples.
      dose: number of sentences, relative to the number of reviews in train.
      seed: the same seed cuts the same sentences.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(SentenceGenSpec(
        examples=examples, dose=dose, seed=seed, code=code,
        examples_with_sentences=tfx.dsl.Channel(type=_artifacts.Examples)))
