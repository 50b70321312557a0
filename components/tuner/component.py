"""EstimatorTuner: TFX's Tuner with one more input, the word vectors.

As for EstimatorTrainer, the spec is extended here and the executor hands the vectors' path to tuner_fn in
custom_config['word_vectors'].
"""

import json
from typing import Any, Mapping, Optional, Sequence

from tfx import v1 as tfx
from tfx.components.tuner import executor as tuner_executor
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_artifacts
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.common import artifacts
from components.word_vectors import executor as word_vectors_executor


class Executor(tuner_executor.Executor):
  """Runs tuner_fn with the word vectors."""

  def Do(self, input_dict, output_dict, exec_properties):
    config = json.loads(exec_properties['custom_config'])
    config['word_vectors'] = word_vectors_executor.path_of(input_dict.get('word_vectors'))
    super().Do(input_dict, output_dict, {**exec_properties, 'custom_config': json.dumps(config)})


class EstimatorTunerSpec(standard_component_specs.TunerSpec):
  """TFX's TunerSpec with the optional input `word_vectors`."""

  INPUTS = {
      **standard_component_specs.TunerSpec.INPUTS,
      'word_vectors': component_spec.ChannelParameter(
          type=artifacts.WordVectorsArtifact, optional=True),
  }


class EstimatorTuner(base_component.BaseComponent):
  """Searches hyper-parameters; outputs `best_hyperparameters`, which a Trainer takes, and `tuner_results`."""

  SPEC_CLASS = EstimatorTunerSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

  def __init__(self, tuner_fn: str, examples, transform_graph, custom_config: Mapping[str, Any],
               word_vectors: Optional[tfx.dsl.Channel] = None, splits: Sequence[str] = ('train',)):
    """Builds the component.

    Args:
      tuner_fn: dotted path of the function that gives the tuner, see tfx.v1.components.TunerFnResult.
      examples: channel of transformed examples with eval and these `splits`.
      transform_graph: channel of Transform's graph.
      custom_config: what tuner_fn reads, JSON values; a fingerprint of the code belongs in it, for the cache key.
      word_vectors: channel of WordVectors, or None.
      splits: what tuner_fn finds in train_files.
    """
    super().__init__(EstimatorTunerSpec(
        examples=examples,
        transform_graph=transform_graph,
        train_args=tfx.proto.TrainArgs(splits=splits),
        eval_args=tfx.proto.EvalArgs(),
        tuner_fn=tuner_fn,
        custom_config=json_utils.dumps(dict(custom_config)),
        word_vectors=word_vectors,
        best_hyperparameters=tfx.dsl.Channel(type=standard_artifacts.HyperParameters),
        tuner_results=tfx.dsl.Channel(type=standard_artifacts.TunerResults)))
