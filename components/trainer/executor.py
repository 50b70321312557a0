"""Executor of EstimatorTrainer: runs run_fn, and keeps its result as custom properties of the model."""

import json
import os
from typing import Any, Optional, Sequence

from tfx import types
from tfx.components.trainer import executor as trainer_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.common import artifacts
from components.common import code_version
from components.common import custom_config
from components.common import custom_properties
from components.encoder import executor as encoder_executor
from components.teacher_scores import outputs as teacher_outputs
from components.word_vectors import executor as word_vectors_executor

_RESULT_FILE = 'training.json'  # in the model run, by run_fn


class Executor(trainer_executor.GenericExecutor):
  """Calls run_fn with the paths of `word_vectors`, `encoder` and `teacher_scores` in custom_config; None without."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Train; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    config = json.loads(exec_properties['custom_config'])
    values: dict[str, Any] = {
        'word_vectors': word_vectors_executor.vectors_path(input_dict.get('word_vectors')),
        'encoder': encoder_executor.encoder_path(input_dict.get('encoder')),
        'teacher_scores': teacher_outputs.scores_path(input_dict.get('teacher_scores'))}
    if exec_properties.get('train_steps'):
      values['hparams'] = {**config['hparams'], 'train_steps': exec_properties['train_steps']}
    super().Do(input_dict, output_dict, custom_config.extend_custom_config(exec_properties, values))
    with fileio.open(os.path.join(artifact_utils.get_single_uri(output_dict['model_run']), _RESULT_FILE)) as file:
      result = json.loads(file.read())
    model = artifact_utils.get_single_instance(output_dict['model'])
    _record_result(model, {**result, 'code': config.get('code'), **code_version.read_code_version(),
                           **_describe_encoder(input_dict.get('encoder')),
                           **teacher_outputs.describe_teacher(input_dict.get('teacher_scores'))})


def _describe_encoder(encoder: Optional[Sequence[types.Artifact]]) -> dict[str, Any]:
  """Return which encoder a model started from; nothing without one."""
  properties = {'encoder': 'source_name', 'encoder_hash': 'source_hash', 'encoder_description': 'description',
                encoder_executor.IS_CLASSIFIER: 'is_classifier'}
  return {key: custom_properties.read_property(artifact, name)
          for artifact in encoder or () for key, name in properties.items()}


def _record_result(model: types.Artifact, result: dict[str, Any]) -> None:
  """Set custom properties, by the type of each value; what is neither a number nor a text becomes JSON."""
  for key, value in result.items():
    if isinstance(value, float):
      model.set_float_custom_property(key, value)
    elif isinstance(value, int):
      model.set_int_custom_property(key, value)
    else:
      model.set_string_custom_property(key, value if isinstance(value, str) else json.dumps(value))
