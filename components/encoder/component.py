"""Encoder: the files of a pre-trained encoder, as an artifact."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import source_driver
from components.encoder import executor


class EncoderSpec(component_spec.ComponentSpec):
  """Spec of Encoder."""

  PARAMETERS = {
      'source': component_spec.ExecutionParameter(type=str),
      'encoder_name': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS: dict[str, component_spec.ChannelParameter] = {}
  OUTPUTS = {'encoder': component_spec.ChannelParameter(type=artifacts.EncoderArtifact)}


class Driver(source_driver.SourceDriver):
  """Makes Encoder run again when the content of the directory has changed."""

  source = 'source'
  content_hash = staticmethod(executor.content_hash)


class Encoder(base_component.BaseComponent):
  """Copies the files of an encoder; `encoder` is an `artifacts.EncoderArtifact`."""

  SPEC_CLASS = EncoderSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, source: str, name: str, code: str):
    """Build the component.

    Args:
      source: directory of the encoder, see models.encoder_files.
      name: what the user calls it: a name, an address or the directory.
      code: fingerprint of this component's code, part of the cache key.
    """
    super().__init__(EncoderSpec(
        source=source, encoder_name=name, code=code, encoder=tfx.dsl.Channel(type=artifacts.EncoderArtifact)))
