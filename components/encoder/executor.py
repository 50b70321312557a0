"""Executor of Encoder: checks and copies the files of a pre-trained encoder, so that a run keeps what it has read."""

import os
from typing import Any, Optional, Sequence

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.common import artifacts
from components.common import hashing
from models import encoder_files

IS_CLASSIFIER = 'encoder_is_classifier'  # property of a model: 1 if it started from a fine-tuned classifier


def content_hash(directory: str) -> str:
  """Return a hash of the files of an encoder; raises ValueError if it cannot be used."""
  encoder_files.check(directory)
  paths = {name: os.path.join(directory, name) for name in encoder_files.FILES}
  return hashing.hash_parts({name: hashing.file_hash(path) for name, path in paths.items() if os.path.exists(path)})


def encoder_path(encoder: Optional[Sequence[types.Artifact]]) -> Optional[str]:
  """Return the directory of the encoder in an executor's input; None if the input is missing."""
  return artifact_utils.get_single_uri(encoder) if encoder else None


class Executor(base_executor.BaseExecutor):
  """Copies the files, and keeps what they are as custom properties."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Copy the encoder; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    directory = exec_properties['source']
    output = artifact_utils.get_single_instance(output_dict['encoder'])
    encoder = encoder_files.check(directory)
    fileio.makedirs(output.uri)
    for name in encoder_files.FILES:
      if os.path.exists(os.path.join(directory, name)):
        fileio.copy(os.path.join(directory, name), os.path.join(output.uri, name), overwrite=True)
    output.set_string_custom_property('description', encoder.describe())
    output.set_int_custom_property('parameters', encoder.parameters)
    output.set_int_custom_property('is_classifier', int(encoder.config.is_classifier))
    output.set_string_custom_property('source_name', exec_properties['encoder_name'])
    # From the driver. Version 2 of Kubeflow Pipelines runs no drivers.
    output.set_string_custom_property('source_hash', exec_properties.get('content_hash') or content_hash(directory))
