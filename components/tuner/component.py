"""EstimatorTuner: TFX's Tuner with more inputs: the word vectors, the encoder and the scores of a teacher."""

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
from components.common import custom_config as config_lib
from components.encoder import executor as encoder_executor
from components.teacher_scores import outputs as teacher_outputs
from components.word_vectors import executor as word_vectors_executor
from models import features


class Executor(tuner_executor.Executor):
  """Calls tuner_fn with the paths of `word_vectors`, `encoder` and `teacher_scores` in custom_config; None without."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Tune; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    values = {'word_vectors': word_vectors_executor.vectors_path(input_dict.get('word_vectors')),
              'encoder': encoder_executor.encoder_path(input_dict.get('encoder')),
              'teacher_scores': teacher_outputs.scores_path(input_dict.get('teacher_scores'))}
    super().Do(input_dict, output_dict, config_lib.extend_custom_config(exec_properties, values))


class EstimatorTunerSpec(standard_component_specs.TunerSpec):
  """TFX's TunerSpec with the optional inputs `word_vectors`, `encoder` and `teacher_scores`."""

  INPUTS = {
      **standard_component_specs.TunerSpec.INPUTS,
      'word_vectors': component_spec.ChannelParameter(type=artifacts.WordVectorsArtifact, optional=True),
      'encoder': component_spec.ChannelParameter(type=artifacts.EncoderArtifact, optional=True),
      'teacher_scores': component_spec.ChannelParameter(type=artifacts.TeacherScoresArtifact, optional=True),
  }


class EstimatorTuner(base_component.BaseComponent):
  """Searches hyper-parameters; the outputs are `best_hyperparameters`, which a Trainer takes, and `tuner_results`."""

  SPEC_CLASS = EstimatorTunerSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

  def __init__(self, tuner_fn: str, examples: tfx.dsl.Channel, transform_graph: tfx.dsl.Channel,
               custom_config: Mapping[str, Any], word_vectors: Optional[tfx.dsl.Channel] = None,
               encoder: Optional[tfx.dsl.Channel] = None, teacher_scores: Optional[tfx.dsl.Channel] = None,
               splits: Sequence[str] = (features.TRAIN,)):
    """Build the component.

    Args:
      tuner_fn: dotted path of the function that returns the tuner, see tfx.v1.components.TunerFnResult.
      examples: channel of transformed examples with the splits eval and `splits`.
      transform_graph: channel of Transform's graph.
      custom_config: JSON values that tuner_fn reads; a fingerprint of the code belongs in it, for the cache key.
      word_vectors: channel of WordVectors, or None.
      encoder: channel of Encoder, or None.
      teacher_scores: channel of TeacherScores, or None.
      splits: the splits that tuner_fn finds in train_files.
    """
    super().__init__(EstimatorTunerSpec(
        examples=examples,
        transform_graph=transform_graph,
        train_args=tfx.proto.TrainArgs(splits=splits),
        eval_args=tfx.proto.EvalArgs(),
        tuner_fn=tuner_fn,
        custom_config=json_utils.dumps(dict(custom_config)),
        word_vectors=word_vectors,
        encoder=encoder,
        teacher_scores=teacher_scores,
        best_hyperparameters=tfx.dsl.Channel(type=standard_artifacts.HyperParameters),
        tuner_results=tfx.dsl.Channel(type=standard_artifacts.TunerResults)))
