"""Where the artifacts of an output directory are now, after it was moved, copied or thinned.

ML Metadata records absolute paths. An artifact is therefore looked for below the output directory that is in use, and
nowhere else: a copy must not read the files of the original.
"""

import os
from typing import Iterable, TypeAlias

from ml_metadata.proto import metadata_store_pb2

from components.common import artifacts as artifacts_lib
from pipeline import layout

_Artifact: TypeAlias = metadata_store_pb2.Artifact
# Types whose artifacts have files; the directories of others may be empty.
_WITH_FILES = frozenset((
    'Examples', 'ExampleAnomalies', 'ExampleStatistics', 'Model', 'ModelEvaluation', 'ModelRun', 'Schema',
    'TransformGraph', artifacts_lib.BehaviourReport.TYPE_NAME, artifacts_lib.ModelCard.TYPE_NAME,
    artifacts_lib.WordVectorsArtifact.TYPE_NAME))
_ARTIFACTS = f'/{os.path.basename(layout.artifacts(""))}/'


def locate(artifacts: Iterable[_Artifact], output_dir: str) -> list[_Artifact]:
  """Correct the paths of artifacts, in place, and mark those whose files are gone as deleted, as TFX does.

  Args:
    artifacts: of the metadata store in the output directory.
    output_dir: path of the output directory.

  Returns:
    The artifacts that differ from what is recorded.
  """
  return [artifact for artifact in artifacts if _locate(artifact, layout.artifacts(os.path.abspath(output_dir)))]


def _locate(artifact: _Artifact, root: str) -> bool:
  """Correct one artifact; returns whether it has changed."""
  recorded = artifact.SerializeToString(deterministic=True)
  former, _, rest = artifact.uri.rpartition(_ARTIFACTS)
  path = os.path.join(root, rest)
  if path != artifact.uri and not _is_same(path, artifact.uri):
    artifact.uri = path
    for value in artifact.custom_properties.values():  # such as the directory of the pushed version
      if value.string_value.startswith(f'{former}/'):
        value.string_value = os.path.dirname(root) + value.string_value.removeprefix(former)
  if artifact.state == _Artifact.LIVE and _is_gone(artifact):
    artifact.state = _Artifact.DELETED
  return artifact.SerializeToString(deterministic=True) != recorded


def _is_gone(artifact: _Artifact) -> bool:
  """Return whether the files of an artifact were deleted, with or without their directories."""
  if artifact.type in _WITH_FILES:
    return not any(names for _, _, names in os.walk(artifact.uri))
  return not os.path.exists(artifact.uri)


def _is_same(one: str, other: str) -> bool:
  """Return whether two paths name one directory, as a link to the output directory does."""
  return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
