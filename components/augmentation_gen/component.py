"""AugmentationGen: adds a split of augmented examples, which a model learns from beside train."""

import json
from typing import Mapping, Sequence

from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.augmentation_gen import executor

_artifacts = tfx.types.standard_artifacts


class AugmentationGenSpec(component_spec.ComponentSpec):
  """Spec of AugmentationGen."""

  PARAMETERS = {
      'doses': component_spec.ExecutionParameter(type=str),
      'more_splits': component_spec.ExecutionParameter(type=str),
      'most_times': component_spec.ExecutionParameter(type=float),
      'seed': component_spec.ExecutionParameter(type=int),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {'examples': component_spec.ChannelParameter(type=_artifacts.Examples)}
  OUTPUTS = {'augmented_examples': component_spec.ChannelParameter(type=_artifacts.Examples)}


class AugmentationGen(base_beam_component.BaseBeamComponent):
  """Makes training examples from templates, and from reviews of train by exchanging words.

  `augmented_examples` has the splits of the input as they are, the split `augmented`, and as the custom property
  `augmented` the number of its examples by kind, as JSON.
  """

  SPEC_CLASS = AugmentationGenSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

  def __init__(self, examples: tfx.dsl.Channel, doses: Mapping[str, float], more_splits: Sequence[str],
               most_times: float, seed: int, code: str):
    """Build the component.

    Args:
      examples: channel of the raw examples.
      doses: number of examples by kind (executor.KINDS), relative to the number of examples in train.
      more_splits: splits that a model learns from as from train: the more examples they have, the more short ones are
        made. Those that are missing have none.
      most_times: how many times as many are made at most.
      seed: the same seed makes the same examples.
      code: fingerprint of this component's code, part of the cache key.

    Raises:
      ValueError: a kind is unknown.
    """
    unknown = sorted(set(doses) - set(executor.KINDS))
    if unknown:
      raise ValueError(f'unknown kind of augmented examples {unknown[0]!r}; choose from: {", ".join(executor.KINDS)}')
    super().__init__(AugmentationGenSpec(
        examples=examples, doses=json.dumps(dict(doses), sort_keys=True),
        more_splits=json.dumps(list(more_splits)), most_times=most_times, seed=seed, code=code,
        augmented_examples=tfx.dsl.Channel(type=_artifacts.Examples)))
