"""What a package needs to know of the cluster: step_settings.yaml, read and checked."""

import difflib
import pathlib
import re
from typing import Any, Collection, Literal, Mapping, Optional, Sequence, Union

import pydantic
import yaml

DEFAULT_FILE = pathlib.Path(__file__).with_suffix('.yaml')
_DEFAULT = 'default'  # the key of the limits of steps that are not named
_KEY = '__key__'  # in the place of an error of pydantic that is about the key of a mapping
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


class _Minutes(pydantic.ConstrainedInt):
  strict, ge = True, 1


class _WholeCores(pydantic.ConstrainedInt):
  strict, gt = True, 0


class _PartialCores(pydantic.ConstrainedFloat):
  strict, gt, allow_inf_nan = True, 0, False


class _Model(pydantic.BaseModel):
  """Each field's description says what its value must be: errors quote it."""

  class Config:
    extra = 'forbid'
    allow_mutation = False


class Amounts(_Model):
  """Cores and memory, limits or requests."""

  cpu: Union[_WholeCores, _PartialCores] = pydantic.Field(description='a number of cores above 0, such as 2 or 0.5')
  memory: _Memory = pydantic.Field(description='a size as in Kubernetes, such as 4Gi or 512Mi')

  def gigabytes(self) -> float:
    """Return the memory in units of 10^9 bytes, as the pipeline spec counts it."""
    number, unit = int(self.memory[:-2]), self.memory[-2:]
    return number * {'Mi': 2 ** 20, 'Gi': 2 ** 30}[unit] / 1e9


class Toleration(_Model):
  """A taint of nodes on which a step may run, in Kubernetes' terms."""

  key: _Text = pydantic.Field(description='the key of a taint')
  operator: Literal['Exists', 'Equal'] = pydantic.Field('Equal', description='one of Exists, Equal')
  value: Optional[_Text] = pydantic.Field(description='the value of a taint, quoted if it is a number')
  effect: Optional[Literal['NoSchedule', 'PreferNoSchedule', 'NoExecute']] = pydantic.Field(
      description='one of NoSchedule, PreferNoSchedule, NoExecute')


class Resources(Amounts):
  """What a step may take, and where it may run."""

  gpu: _Count = pydantic.Field(_Count(0), description='a number of GPUs from 0')
  requests: Optional[Amounts] = pydantic.Field(description='an amount such as {cpu: 1, memory: 2Gi}')
  timeout_minutes: Optional[_Minutes] = pydantic.Field(description='a whole number of minutes from 1')
  node_selector: Mapping[_Text, _Text] = pydantic.Field({}, description='a mapping from labels of nodes to texts')
  tolerations: Sequence[Toleration] = pydantic.Field(
      (), description='a list such as [{key: gpu, operator: Exists, effect: NoSchedule}]')


class Settings(_Model):
  """See step_settings.yaml, which has a comment for each."""

  image: _Text = pydantic.Field(description='the name of a container image')
  image_pull_policy: Literal['Always', 'IfNotPresent', 'Never'] = pydantic.Field(
      description='one of Always, IfNotPresent, Never')
  image_pull_secrets: Sequence[_Text] = pydantic.Field(description='a list of names of secrets')
  service_account: _Text = pydantic.Field(description='the name of a service account')
  volume_claim: Optional[_Text] = pydantic.Field(description='the name of a PersistentVolumeClaim, or null')
  mount_path: _AbsolutePath = pydantic.Field(description='a path that starts with /')
  volumes: Mapping[_AbsolutePath, _Text] = pydantic.Field(
      description='a mapping from paths that start with / to names of PersistentVolumeClaims')
  retries: _Count = pydantic.Field(description='a whole number from 0')
  retry_wait_seconds: _Count = pydantic.Field(description='a whole number of seconds from 0')
  timeout_minutes: _Minutes = pydantic.Field(description='a whole number of minutes from 1')
  read_only_root: bool = pydantic.Field(description='true or false')
  notification_secret: Optional[_Text] = pydantic.Field(description='the name of a secret, or null')
  object_store_secret: Optional[_Text] = pydantic.Field(description='the name of a secret, or null')
  gpu_type: _Text = pydantic.Field(description='the name of a GPU resource, such as nvidia.com/gpu')
  resources: Mapping[str, Resources] = pydantic.Field(description=f'a mapping from step to {_LIMITS}')

  def of_step(self, name: str) -> Resources:
    """Return what a step may take, and where it may run."""
    return self.resources.get(name, self.resources[_DEFAULT])

  def timeout_seconds(self, name: str) -> int:
    """Return how long one attempt of a step may take."""
    return 60 * (self.of_step(name).timeout_minutes or self.timeout_minutes)

  def notes(self) -> list[str]:
    """Return what a user of these settings should know, one sentence each."""
    tag = self.image.rpartition('/')[2].partition(':')[2]
    if '@' not in self.image and tag in ('', 'latest'):
      return [f'image {self.image} may be another one tomorrow: give it a tag, so that a run can be repeated']
    return []

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


def _message(error: Mapping[str, Any], value: Any) -> str:
  """Return what is wrong and what is expected, from the first of pydantic's errors and the value of all settings."""
  location, name = error['loc'], '.'.join(str(key) for key in error['loc'] if key != _KEY)
  model: Any = Settings
  fields: Mapping[str, Any] = {}
  expected = ''
  for key in location:
    fields = getattr(model, '__fields__', {})
    if key in fields:
      expected, model = fields[key].field_info.description, fields[key].type_
    elif model is Resources:
      expected = _LIMITS
    value = value.get(key) if isinstance(value, dict) and key != _KEY else value
    value = value[key] if isinstance(value, list) and isinstance(key, int) else value
  if error['type'] == 'value_error.extra':
    return f'unknown key {name!r}; choose from: {", ".join(fields)}'
  if error['type'] == 'value_error.missing':
    return f'{name} is missing: it must be {expected}'
  return f'{name} must be {expected}, not {value!r}'
