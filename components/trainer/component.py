"""EstimatorTrainer: TFX's Trainer with one more input, the word vectors.

tfx.components.Trainer builds its own spec and its FnArgs have no slot for other artifacts, so the spec is extended
here, and the executor hands the vectors' path to run_fn in custom_config['word_vectors'].
"""

import json
import os
from typing import Any, Mapping, Optional, Sequence, Union

from tfx import v1 as tfx
from tfx.components.trainer import executor as trainer_executor
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.common import artifacts
from components.word_vectors import executor as word_vectors_executor

_artifacts = tfx.types.standard_artifacts
_RESULT = 'training.json'


class Executor(trainer_executor.GenericExecutor):
  """Runs run_fn with the word vectors; records what it reports in training.json with the model."""

  def _GetFnArgs(self, input_dict, output_dict, exec_properties):
    fn_args = super()._GetFnArgs(input_dict, output_dict, exec_properties)
    config = fn_args.custom_config
    config['word_vectors'] = word_vectors_executor.path_of(input_dict.get('word_vectors'))
    if exec_properties.get('train_steps'):
      config['hparams'] = {**config['hparams'], 'train_steps': exec_properties['train_steps']}
    return fn_args

  def Do(self, input_dict, output_dict, exec_properties):
    super().Do(input_dict, output_dict, exec_properties)
    model = artifact_utils.get_single_instance(output_dict['model'])
    with fileio.open(os.path.join(artifact_utils.get_single_uri(output_dict['model_run']), _RESULT)) as file:
      result = json.loads(file.read())
    result['code'] = json_utils.loads(exec_properties['custom_config']).get('code')
    for key, value in result.items():
      if isinstance(value, float):
        model.set_float_custom_property(key, value)
      elif isinstance(value, int):
        model.set_int_custom_property(key, value)
      else:
        model.set_string_custom_property(key, value if isinstance(value, str) else json.dumps(value))


class EstimatorTrainerSpec(standard_component_specs.TrainerSpec):
  """TFX's TrainerSpec with the optional input `word_vectors`, and the steps as a parameter of their own."""

  PARAMETERS = {
      **standard_component_specs.TrainerSpec.PARAMETERS,
      'train_steps': component_spec.ExecutionParameter(type=int, optional=True),
  }
  INPUTS = {
      **standard_component_specs.TrainerSpec.INPUTS,
      'word_vectors': component_spec.ChannelParameter(
          type=artifacts.WordVectorsArtifact, optional=True),
  }


class EstimatorTrainer(base_component.BaseComponent):
  """Trains by a run_fn; outputs `model`, with the best step and its metrics as custom properties, and `model_run`."""

  SPEC_CLASS = EstimatorTrainerSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

  def __init__(self, run_fn: str, examples, transform_graph, custom_config: Mapping[str, Any],
               word_vectors: Optional[tfx.dsl.Channel] = None, hyperparameters: Optional[tfx.dsl.Channel] = None,
               splits: Sequence[str] = ('train',),
               train_steps: Union[int, tfx.dsl.experimental.RuntimeParameter, None] = None):
    """Builds the component.

    Args:
      run_fn: dotted path of the function that trains, exports and writes training.json into the model run.
      examples: channel of transformed examples with eval and these `splits`.
      transform_graph: channel of Transform's graph.
      custom_config: what run_fn reads, JSON values; a fingerprint of the code belongs in it, for the cache key.
      word_vectors: channel of WordVectors, or None.
      hyperparameters: channel of a Tuner's best hyper-parameters, or None.
      splits: what run_fn finds in train_files.
      train_steps: goes before the one in custom_config['hparams'], for runners whose users set it per run; 0 or None
        leaves that one.
    """
    super().__init__(EstimatorTrainerSpec(
        examples=examples,
        transform_graph=transform_graph,
        train_args=tfx.proto.TrainArgs(splits=splits),
        eval_args=tfx.proto.EvalArgs(),
        run_fn=run_fn,
        custom_config=json_utils.dumps(dict(custom_config)),
        word_vectors=word_vectors,
        hyperparameters=hyperparameters,
        train_steps=train_steps,
        model=tfx.dsl.Channel(type=_artifacts.Model),
        model_run=tfx.dsl.Channel(type=_artifacts.ModelRun)))
