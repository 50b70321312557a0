"""Executor of Baseline: what the serving directory says, as properties of artifacts."""

from typing import Any, Mapping, Sequence

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.common import artifacts
from components.common import custom_properties
from components.common import review_scores
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions


class Executor(base_executor.BaseExecutor):
  """Writes the properties of the versions found; an artifact without a `path` stands for none."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Find the versions; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    for role, version in find_versions(input_dict, exec_properties).items():
      output = artifact_utils.get_single_instance(output_dict[role])
      manifest = version.manifest
      # As texts: version 2 of Kubeflow Pipelines stores numbers as floats.
      properties = {
          'path': str(version.path),
          'version': str(version.number),
          'sha256': manifest.get('sha256') or push_and_rollback.content_hash(str(version.path)),
          'model_uri': manifest.get('model_uri') or '',
          'model': (manifest.get('model') or {}).get('model') or '',
      }
      for name, value in properties.items():
        output.set_string_custom_property(name, value)
      accuracy = served_versions.accuracy(version)
      if accuracy is not None:
        output.set_float_custom_property('accuracy', accuracy)


def find_versions(inputs: Mapping[str, Sequence[types.Artifact]],
                  exec_properties: Mapping[str, Any]) -> dict[str, push_and_rollback.Version]:
  """Return the versions to compare with by output of the component, without roles for which there is none.

  Args:
    inputs: `model` and `examples`.
    exec_properties: of `component.BaselineSpec`.
  """
  destination = exec_properties['destination']
  if not push_and_rollback.list_versions(destination):
    return {}
  model, examples = inputs['model'][0], inputs['examples'][0]
  is_candidate = push_and_rollback.is_model(
      model.uri, push_and_rollback.content_hash(path_utils.serving_model_path(model.uri)))
  split = exec_properties['split']
  source = {name: custom_properties.read_property(examples, name) for name in ('content_hash', split)}

  def is_same_test(manifest):
    # The source and the number of reviews tell almost always, and up to version 0.2.0 nothing else was recorded. The
    # reviews themselves are read only if these differ: that takes more than a second.
    is_same_source = any(source.items() <= data.items() for data in manifest.get('data', ()))
    return is_same_source or (
        served_versions.TEST_HASH in manifest
        and manifest[served_versions.TEST_HASH] == review_scores.hash_split(examples.uri, split))

  found = {
      served_versions.BASELINE: served_versions.reference_version(destination, is_candidate),
      served_versions.BEST: served_versions.best_version(destination, is_candidate, is_same_test),
  }
  return {role: version for role, version in found.items() if version is not None}
