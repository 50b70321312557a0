"""Values that an executor adds to the custom_config of the function it calls."""

import json
from typing import Any, Mapping


def extend_custom_config(exec_properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
  """Add values to `custom_config`.

  A Trainer or Tuner with more inputs than TFX's must hand them on, and FnArgs has no field for them.

  Args:
    exec_properties: of a Trainer or Tuner; its `custom_config` is a JSON object.
    values: JSON values by key; they replace those of the same key.

  Returns:
    A copy of the execution properties. The metadata store keeps those that the executor was given.
  """
  config = {**json.loads(exec_properties['custom_config']), **values}
  return {**exec_properties, 'custom_config': json.dumps(config)}
