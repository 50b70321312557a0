"""Custom properties of artifacts as JSON values, whichever runner stores them."""

from typing import Any

from tfx import types


def read_properties(artifact: types.Artifact) -> dict[str, Any]:
  """Return all custom properties that are numbers or texts, by name."""
  values = {name: read_property(artifact, name) for name in sorted(artifact.mlmd_artifact.custom_properties)}
  return {name: value for name, value in values.items() if isinstance(value, (int, float, str))}


def read_property(artifact: types.Artifact, name: str) -> Any:
  """Return a custom property; None if there is none of that name."""
  stored = artifact.mlmd_artifact.custom_properties.get(name)
  # Version 2 of Kubeflow Pipelines stores JSON, in which all numbers are floats; TFX 1.15 returns None for a 0 in it.
  if stored is not None and stored.WhichOneof('value') == 'struct_value':
    value = artifact.get_json_value_custom_property(name)
    return int(value) if isinstance(value, float) and value.is_integer() else value
  return artifact.get_custom_property(name)
