"""EncoderTransform: TFX's Transform with one more input, the encoder whose vocabulary the text graph reads."""

from typing import Any, Mapping

from tfx import v1 as tfx
from tfx.components.transform import executor as transform_executor
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec
from tfx.types import standard_component_specs
from tfx.utils import json_utils

from components.common import artifacts
from components.common import custom_config as config_lib
from components.encoder import executor as encoder_executor

_artifacts = tfx.types.standard_artifacts


class Executor(transform_executor.Executor):
  """Calls preprocessing_fn with the directory of the encoder in custom_config['encoder']."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Transform; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    inputs = dict(input_dict)
    values = {'encoder': encoder_executor.encoder_path(inputs.pop('encoder'))}
    super().Do(inputs, output_dict, config_lib.extend_custom_config(exec_properties, values))


class EncoderTransformSpec(standard_component_specs.TransformSpec):
  """TFX's TransformSpec with the input `encoder`."""

  INPUTS = {
      **standard_component_specs.TransformSpec.INPUTS,
      'encoder': component_spec.ChannelParameter(type=artifacts.EncoderArtifact),
  }


class EncoderTransform(base_beam_component.BaseBeamComponent):
  """Transforms with a preprocessing_fn; the outputs that are used are `transform_graph` and `transformed_examples`."""

  SPEC_CLASS = EncoderTransformSpec
  EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

  def __init__(self, examples: tfx.dsl.Channel, schema: tfx.dsl.Channel, encoder: tfx.dsl.Channel,
               preprocessing_fn: str, splits_config: tfx.proto.SplitsConfig, custom_config: Mapping[str, Any]):
    """Build the component.

    Args:
      examples: channel of raw examples.
      schema: channel of their schema.
      encoder: channel of Encoder.
      preprocessing_fn: dotted path of the function.
      splits_config: which splits to analyze, and which to transform.
      custom_config: JSON values that preprocessing_fn reads.
    """
    super().__init__(EncoderTransformSpec(
        examples=examples,
        schema=schema,
        encoder=encoder,
        preprocessing_fn=preprocessing_fn,
        force_tf_compat_v1=0,
        disable_statistics=1,
        splits_config=splits_config,
        custom_config=json_utils.dumps(dict(custom_config)),
        transform_graph=tfx.dsl.Channel(type=_artifacts.TransformGraph),
        transformed_examples=tfx.dsl.Channel(type=_artifacts.Examples),
        updated_analyzer_cache=tfx.dsl.Channel(type=_artifacts.TransformCache)))
