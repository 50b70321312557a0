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
  kind = artifact.mlmd_artifact.custom_properties[name].WhichOneof('value') if found is not None else None
  # Version 2 of Kubeflow Pipelines keeps JSON, in which all numbers are floats.
  if kind == 'struct_value' and isinstance(found, float) and found.is_integer():
    return int(found)
  return found
