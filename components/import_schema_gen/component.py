"""ImportSchemaGen: a curated schema as an artifact.

TFX's own has the file's path in the cache key, so an edit would go unnoticed, and it needs the file where the step
runs. Here the content is a parameter of the component.
"""

import os

from tfx import v1 as tfx


@tfx.dsl.components.component
def ImportSchemaGen(  # pylint: disable=invalid-name
    content: tfx.dsl.components.Parameter[str],
    schema: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Schema],
) -> None:
  """Write the schema.

  Args:
    content: a schema_pb2.Schema in text format.
    schema: the artifact; it gets the file that TFX's components look for.
  """
  tfx.dsl.io.fileio.makedirs(schema.uri)
  with tfx.dsl.io.fileio.open(os.path.join(schema.uri, 'schema.pbtxt'), 'w') as file:
    file.write(content)
