"""ImportSchemaGen: TFX's own, run again when the schema file's content has changed."""

from tfx import v1 as tfx
from tfx.components.schema_gen.import_schema_gen import component as tfx_component
from tfx.dsl.components.base import base_component
from tfx.types import component_spec
from tfx.types import standard_component_specs


class ImportSchemaGenSpec(standard_component_specs.ImportSchemaGenSpec):
  """TFX's spec with the schema's content: its cache key has only the path, so that an edit would go unnoticed."""

  PARAMETERS = {
      **standard_component_specs.ImportSchemaGenSpec.PARAMETERS,
      'content': component_spec.ExecutionParameter(type=str),
  }


class ImportSchemaGen(base_component.BaseComponent):
  """Takes a curated schema file into the pipeline, as `schema`."""

  SPEC_CLASS = ImportSchemaGenSpec
  EXECUTOR_SPEC = tfx_component.ImportSchemaGen.EXECUTOR_SPEC

  def __init__(self, schema_file: str):
    with open(schema_file, encoding='utf-8') as file:
      content = file.read()
    super().__init__(ImportSchemaGenSpec(
        schema_file=schema_file, content=content,
        schema=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Schema)))
