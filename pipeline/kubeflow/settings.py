"""What a package needs to know of the cluster: settings.yaml, read and checked."""

import dataclasses
import pathlib
import re
from typing import Any, Mapping, Optional

import yaml

DEFAULT_FILE = pathlib.Path(__file__).with_suffix('.yaml')
_PULL_POLICIES = ('Always', 'IfNotPresent', 'Never')
_MEMORY = re.compile(r'[1-9]\d*(Mi|Gi)')


@dataclasses.dataclass(frozen=True)
class Resources:
  """Limits of a step.

  Attributes:
    cpu: cores.
    memory: as in Kubernetes, such as 4Gi.
    gpu: GPUs.
  """

  cpu: float
  memory: str
  gpu: int = 0

  def gigabytes(self) -> float:
    """The memory in units of 10^9 bytes, as the pipeline spec counts it."""
    number, unit = int(self.memory[:-2]), self.memory[-2:]
    return number * {'Mi': 2 ** 20, 'Gi': 2 ** 30}[unit] / 1e9


@dataclasses.dataclass(frozen=True)
class Settings:
  """See settings.yaml, which has a comment for each."""

  image: str
  image_pull_policy: str
  service_account: str
  volume_claim: Optional[str]
  mount_path: str
  retries: int
  gpu_type: str
  resources: Mapping[str, Resources]

  def of_step(self, name: str) -> Resources:
    """The limits of a step."""
    return self.resources.get(name, self.resources['default'])


def read(path: pathlib.Path) -> Settings:
  """Reads the settings; what the file leaves out is as in DEFAULT_FILE.

  Raises:
    ValueError: the file cannot be read, or a key or value is wrong; the message names them.
  """
  try:
    given = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
  except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
    raise ValueError(f'{path} cannot be read as YAML: {" ".join(str(error).split())}') from error
  values = yaml.safe_load(DEFAULT_FILE.read_text(encoding='utf-8'))
  unknown = sorted(set(given) - set(values)) if isinstance(given, dict) else ['its content']
  if unknown:
    raise ValueError(f'{path}: unknown key {unknown[0]!r}; choose from: {", ".join(values)}')
  if not isinstance(given.get('resources', {}), dict):
    raise ValueError(f'{path}: resources must be a mapping from step to limits')
  resources = {**values['resources'], **given.get('resources', {})}
  values = {**values, **given, 'resources': {name: _resources(path, name, limits) for name, limits in resources.items()}}
  return _checked(path, Settings(**values))


def _resources(path: pathlib.Path, name: str, limits: Any) -> Resources:
  example = f'{path}: resources.{name} must be as {{cpu: 2, memory: 4Gi}}, with gpu: 1 if you like, not {limits!r}'
  if not isinstance(limits, dict) or set(limits) - {'gpu'} != {'cpu', 'memory'}:
    raise ValueError(example)
  cpu, memory, gpu = limits['cpu'], str(limits['memory']), limits.get('gpu', 0)
  if isinstance(cpu, bool) or not isinstance(cpu, (int, float)) or cpu <= 0 or not _MEMORY.fullmatch(memory):
    raise ValueError(example)
  if isinstance(gpu, bool) or not isinstance(gpu, int) or gpu < 0:
    raise ValueError(example)
  return Resources(cpu, memory, gpu)


def _checked(path: pathlib.Path, settings: Settings) -> Settings:
  for key in ('image', 'service_account', 'mount_path', 'gpu_type'):
    if not getattr(settings, key) or not isinstance(getattr(settings, key), str):
      raise ValueError(f'{path}: {key} must be a text, not {getattr(settings, key)!r}')
  if settings.image_pull_policy not in _PULL_POLICIES:
    raise ValueError(f'{path}: image_pull_policy must be one of {", ".join(_PULL_POLICIES)}')
  if isinstance(settings.retries, bool) or not isinstance(settings.retries, int) or settings.retries < 0:
    raise ValueError(f'{path}: retries must be a whole number from 0, not {settings.retries!r}')
  if not settings.mount_path.startswith('/'):
    raise ValueError(f'{path}: mount_path must start with /, not {settings.mount_path!r}')
  return settings
