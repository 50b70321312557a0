"""What a served model may cost: in latency, memory and size, and in CPU time and memory of the model that is served."""

import math
from typing import Any, Mapping, Optional

# Upper bounds by measurement; None is not checked. The ratios are to the served model.
DEFAULTS: Mapping[str, Optional[float]] = {
    'p99_ms': 300.0, 'memory_mb': None, 'size_mb': None, 'cpu_ratio': 10.0, 'memory_ratio': 3.0}
RATIOS = {'cpu_ratio': 'cpu_ms', 'memory_ratio': 'memory_mb'}
_VALUES = {
    'p99_ms': 'p99 latency {value:,.1f} ms',
    'memory_mb': 'peak memory {value:,.0f} MB',
    'size_mb': 'size {value:,.1f} MB',
    'cpu_ratio': 'CPU time {cpu_ms:,.2f} ms per review, {value:,.1f} times that of the served model',
    'memory_ratio': 'peak memory {memory_mb:,.0f} MB, {value:,.1f} times that of the served model',
}


def check_thresholds(thresholds: Mapping[str, Optional[float]]) -> None:
  """Raise ValueError, which names the key, if a threshold is unknown or not a positive number.

  Args:
    thresholds: upper bounds by measurement, a key of DEFAULTS; None is not checked.
  """
  for name, bound in thresholds.items():
    if name not in DEFAULTS:
      raise ValueError(f'unknown threshold max_{name}; choose from: {", ".join(f"max_{key}" for key in DEFAULTS)}')
    if bound is not None and not 0 < bound < math.inf:
      raise ValueError(f'max_{name} must be above 0 and finite, or none, not {bound}')


def find_violations(measured: Mapping[str, Any], thresholds: Mapping[str, Optional[float]]) -> list[str]:
  """Return one sentence for each threshold that is exceeded, with what to do.

  Args:
    measured: the measurements by name; those that could not be made are missing, and not judged.
    thresholds: as `check_thresholds` takes them.
  """
  return [f'{_VALUES[name].format(value=measured[name], **measured)}: above max_{name}={bound:g} '
          f'(to allow it: --set max_{name}={math.ceil(measured[name])})'
          for name, bound in thresholds.items() if bound is not None and measured.get(name, 0) > bound]
