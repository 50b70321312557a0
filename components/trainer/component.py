"""EstimatorTrainer: TFX's Trainer with more inputs: the word vectors, the encoder and the scores of a teacher."""

from typing import Any, Mapping, Optional, Sequence, Union

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.common import artifacts
from components.trainer import executor
from models import features

_artifacts = tfx.types.standard_artifacts


class EstimatorTrainerSpec(standard_component_specs.TrainerSpec):
  """TFX's TrainerSpec with the optional inputs of this project, and the steps as a parameter of their own.

  tfx.components.Trainer builds its own spec: a subclass of it could not take another input.
  """

  PARAMETERS = {
      **standard_component_specs.TrainerSpec.PARAMETERS,
      'train_steps': component_spec.ExecutionParameter(type=int, optional=True),
  }
  INPUTS = {
      **standard_component_specs.TrainerSpec.INPUTS,
      'word_vectors': component_spec.ChannelParameter(type=artifacts.WordVectorsArtifact, optional=True),
      'encoder': component_spec.ChannelParameter(type=artifacts.EncoderArtifact, optional=True),
      'teacher_scores': component_spec.ChannelParameter(type=artifacts.TeacherScoresArtifact, optional=True),
  }


class EstimatorTrainer(base_component.BaseComponent):
  """Trains with a run_fn.

  The outputs are `model`, with the best step and its metrics as custom properties, and `model_run`.
  """

  SPEC_CLASS = EstimatorTrainerSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

  def __init__(self, run_fn: str, examples: tfx.dsl.Channel, transform_graph: tfx.dsl.Channel,
               custom_config: Mapping[str, Any], word_vectors: Optional[tfx.dsl.Channel] = None,
               encoder: Optional[tfx.dsl.Channel] = None, teacher_scores: Optional[tfx.dsl.Channel] = None,
               hyperparameters: Optional[tfx.dsl.Channel] = None, splits: Sequence[str] = (features.TRAIN,),
               train_steps: Union[int, tfx.dsl.experimental.RuntimeParameter, None] = None):
    """Build the component.

    Args:
      run_fn: dotted path of the function that trains, exports and writes training.json into the model run.
      examples: channel of transformed examples with the splits eval and `splits`.
      transform_graph: channel of Transform's graph.
      custom_config: JSON values that run_fn reads; a fingerprint of the code belongs in it, for the cache key.
      word_vectors: channel of WordVectors, or None.
      encoder: channel of Encoder, or None.
      teacher_scores: channel of TeacherScores, or None.
      hyperparameters: channel of a Tuner's best hyper-parameters, or None.
      splits: the splits that run_fn finds in train_files.
      train_steps: replaces the number of steps in custom_config['hparams'], for runners whose users set it per run; 0
        or None keeps that one.
    """
    super().__init__(EstimatorTrainerSpec(
        examples=examples,
        transform_graph=transform_graph,
        train_args=tfx.proto.TrainArgs(splits=splits),
        eval_args=tfx.proto.EvalArgs(),
        run_fn=run_fn,
        custom_config=json_utils.dumps(dict(custom_config)),
        word_vectors=word_vectors,
        encoder=encoder,
        teacher_scores=teacher_scores,
        hyperparameters=hyperparameters,
        train_steps=train_steps,
        model=tfx.dsl.Channel(type=_artifacts.Model),
        model_run=tfx.dsl.Channel(type=_artifacts.ModelRun)))
