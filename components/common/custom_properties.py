"""Custom properties of artifacts as JSON values, whichever runner keeps them."""

from typing import Any


def read(artifact) -> dict[str, Any]:
  """All of an artifact's custom properties that are numbers or texts, by name."""
  names = sorted(artifact.mlmd_artifact.custom_properties)
  found = {name: value(artifact, name) for name in names}
  return {name: each for name, each in found.items() if isinstance(each, (int, float, str))}


def value(artifact, name: str) -> Any:
  """One of them, or None."""
  found = artifact.get_custom_property(name)
  stored = artifact.mlmd_artifact.custom_properties.get(name)
  # Version 2 of Kubeflow Pipelines keeps JSON, in which all numbers are floats; TFX 1.15 gives None for a 0 in it.
  if stored is not None and stored.WhichOneof('value') == 'struct_value':
    found = artifact.get_json_value_custom_property(name)
    return int(found) if isinstance(found, float) and found.is_integer() else found
  return found
