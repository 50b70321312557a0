"""What a package needs to know of the cluster: step_settings.yaml, read and checked."""

import difflib
import pathlib
import re
from typing import Any, Collection, Literal, Mapping, Optional, Union

import pydantic
import yaml

DEFAULT_FILE = pathlib.Path(__file__).with_suffix('.yaml')
_DEFAULT = 'default'  # the key of the limits of steps that are not named
_LIMITS = 'limits such as {cpu: 2, memory: 4Gi}, with gpu: 1 for a GPU'


class UnknownStepError(ValueError):
  """The settings name a step that no pipeline has."""


class _Text(pydantic.ConstrainedStr):
  strict, min_length = True, 1


class _AbsolutePath(pydantic.ConstrainedStr):
  strict, regex = True, re.compile('/')


class _Memory(pydantic.ConstrainedStr):
  strict, regex = True, re.compile(r'[1-9]\d*(Mi|Gi)\Z')


class _Count(pydantic.ConstrainedInt):
  strict, ge = True, 0


class _WholeCores(pydantic.ConstrainedInt):
  strict, gt = True, 0


class _PartialCores(pydantic.ConstrainedFloat):
  strict, gt, allow_inf_nan = True, 0, False


class _Model(pydantic.BaseModel):
  """Each field's description says what its value must be: errors quote it."""

  class Config:
    extra = 'forbid'
    allow_mutation = False


class Resources(_Model):
  """Limits of a step."""

  cpu: Union[_WholeCores, _PartialCores] = pydantic.Field(description='a number of cores above 0, such as 2 or 0.5')
  memory: _Memory = pydantic.Field(description='a size as in Kubernetes, such as 4Gi or 512Mi')
  gpu: _Count = pydantic.Field(_Count(0), description='a number of GPUs from 0')

  def gigabytes(self) -> float:
    """Return the memory in units of 10^9 bytes, as the pipeline spec counts it."""
    number, unit = int(self.memory[:-2]), self.memory[-2:]
    return number * {'Mi': 2 ** 20, 'Gi': 2 ** 30}[unit] / 1e9


class Settings(_Model):
  """See step_settings.yaml, which has a comment for each."""

  image: _Text = pydantic.Field(description='the name of a container image')
  image_pull_policy: Literal['Always', 'IfNotPresent', 'Never'] = pydantic.Field(
      description='one of Always, IfNotPresent, Never')
  service_account: _Text = pydantic.Field(description='the name of a service account')
  volume_claim: Optional[_Text] = pydantic.Field(description='the name of a PersistentVolumeClaim, or null')
  mount_path: _AbsolutePath = pydantic.Field(description='a path that starts with /')
  retries: _Count = pydantic.Field(description='a whole number from 0')
  gpu_type: _Text = pydantic.Field(description='the name of a GPU resource, such as nvidia.com/gpu')
  resources: Mapping[str, Resources] = pydantic.Field(description=f'a mapping from step to {_LIMITS}')

  def of_step(self, name: str) -> Resources:
    """Return the limits of a step."""
    return self.resources.get(name, self.resources[_DEFAULT])

  def check_steps(self, names: Collection[str]) -> None:
    """Check that `resources` names only steps that a pipeline can have.

    Args:
      names: of these steps.

    Raises:
      UnknownStepError: a step is unknown; the message has the most similar name.
    """
    names = sorted({_DEFAULT, *names}, key=str.lower)
    by_lower_case = {name.lower(): name for name in names}
    for unknown in sorted(set(self.resources) - set(names)):
      nearest = difflib.get_close_matches(unknown.lower(), by_lower_case, 1)
      question = f' (did you mean {by_lower_case[nearest[0]]}?)' if nearest else ''
      raise UnknownStepError(f'resources: unknown step {unknown!r}{question}; choose from: {", ".join(names)}')


def read(path: pathlib.Path) -> Settings:
  """Read the settings; what the file leaves out is as in DEFAULT_FILE.

  Args:
    path: a YAML file.

  Returns:
    The checked settings.

  Raises:
    ValueError: the file cannot be read, or a key or value is wrong; the message names them and what is expected.
  """
  try:
    given = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
  except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
    raise ValueError(f'{path} cannot be read as YAML: {" ".join(str(error).split())}') from error
  if not isinstance(given, dict):
    raise ValueError(f'{path} must hold keys and values as {DEFAULT_FILE.name} does, not {given!r}')
  values = yaml.safe_load(DEFAULT_FILE.read_text(encoding='utf-8'))
  resources = given.get('resources', {})
  if isinstance(resources, dict):
    given['resources'] = {**values['resources'], **resources}
  values.update((str(key), value) for key, value in given.items())
  try:
    return Settings.parse_obj(values)
  except pydantic.ValidationError as error:
    raise ValueError(f'{path}: {_message(error.errors()[0], values)}') from error


def _message(error: Mapping[str, Any], values: Any) -> str:
  """Return what is wrong and what is expected, from the first of pydantic's errors and the values that it is about."""
  location, name = error['loc'], '.'.join(map(str, error['loc']))
  model = Settings if len(location) == 1 else Resources
  if error['type'] == 'value_error.extra':
    return f'unknown key {name!r}; choose from: {", ".join(model.__fields__)}'
  expected = _LIMITS if len(location) == 2 else model.__fields__[location[-1]].field_info.description
  if error['type'] == 'value_error.missing':
    return f'{name} is missing: it must be {expected}'
  for key in location:
    values = values[key]
  return f'{name} must be {expected}, not {values!r}'
