"""Hyper-parameters: one documented dataclass per model, all with these in common."""

import dataclasses
import math
from typing import Any, Mapping, NamedTuple, Union

from models import features


class Range(NamedTuple):
  """Numbers to search: low to high, evenly on a logarithmic scale where log."""

  low: float
  high: float
  log: bool = False


@dataclasses.dataclass(frozen=True)
class Hparams:
  """What every model has. A model's own dataclass derives from this one and may change the defaults.

  Attributes:
    vocab_size: token ids in all, the reserved ones included.
    max_length: tokens kept of a review, the start token included.
    batch_size: reviews per training step.
    train_steps: training steps at most.
    eval_every: training steps between two evaluations on eval, each of which is a candidate for export; 0 evaluates
      after each pass over train, or after as many passes as make 100 steps.
    patience: evaluations, and at least 100 steps, without a lower loss before training stops; 0 never stops early.
    learning_rate: of the optimizer.
    bucketing: whether training batches hold reviews of about the same length, which saves padding.
  """

  vocab_size: int = 20_000
  max_length: int = 400
  batch_size: int = 100
  train_steps: int = 2_000
  eval_every: int = 0
  patience: int = 2
  learning_rate: float = 1e-3
  bucketing: bool = False

  # No hyper-parameter but for the models that can learn from reviews without a label: there it is a field.
  unlabeled = False

  def __post_init__(self):
    self._require('vocab_size', len(features.RESERVED_TOKENS) + 1)
    for name in ('max_length', 'batch_size', 'train_steps'):
      self._require(name, 1)
    for name in ('eval_every', 'patience'):
      self._require(name, 0)
    if not 0 < self.learning_rate < math.inf:
      raise ValueError(f'learning_rate must be above 0, and finite, not {self.learning_rate}')

  def preprocessing(self) -> dict[str, Any]:
    """What the model asks of Transform: the custom_config of models.text.preprocessing.preprocessing_fn."""
    return {'vocab_size': self.vocab_size, 'max_length': self.max_length, 'ngrams': None}

  def search_space(self) -> dict[str, Union['Range', tuple]]:
    """What a Tuner tries: a Range, or a tuple of values, by name; nothing that Transform depends on."""
    return {'learning_rate': Range(self.learning_rate / 5, self.learning_rate * 5, log=True)}

  def _require(self, name: str, minimum: float, maximum: float = float('inf')):
    value = getattr(self, name)
    if not minimum <= value <= maximum:
      bound = f'at least {minimum}' if maximum == float('inf') else f'from {minimum} to {maximum}'
      raise ValueError(f'{name} must be {bound}, not {value}')

  def replace(self, changes: Mapping[str, Any]) -> 'Hparams':
    """A copy with the changes applied, each read as its field's type.

    Raises:
      ValueError: a name that is no hyper-parameter, or a value of the wrong type or range.
    """
    return dataclasses.replace(self, **typed_changes(self, changes))


def describe(values: Mapping[str, Any]) -> str:
  """Hyper-parameters as a text: name=value, ..."""
  return ', '.join(f'{name}={value:.3g}' if isinstance(value, float) else f'{name}={value}'
                   for name, value in sorted(values.items()))


def typed_changes(instance: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
  """Reads the values (texts from a command line, or JSON values) as the types of the dataclass' fields."""
  types = {field.name: field.type for field in dataclasses.fields(instance) if _inner(field.type) in _READABLE}
  unknown = sorted(set(changes) - set(types))
  if unknown:
    raise ValueError(f'unknown key {unknown[0]!r}; choose from: {", ".join(sorted(types))}')
  return {name: _read(name, types[name], value) for name, value in changes.items()}


_READABLE = (bool, int, float, str)
_LARGEST = 2**31 - 1  # the largest int of TensorFlow's for most purposes


def _inner(kind: Any) -> Any:
  """X for Optional[X], and for X."""
  options = getattr(kind, '__args__', ())
  return options[0] if type(None) in options else kind


def _read(name: str, kind: Any, value: Any) -> Any:
  if kind is not _inner(kind) and (value is None or str(value).lower() == 'none'):
    return None
  kind = _inner(kind)
  if kind is bool:
    if str(value).lower() not in ('true', 'false'):
      raise ValueError(f'{name} must be true or false, not {value!r}')
    return str(value).lower() == 'true'
  try:
    number = kind(value)
  except (ValueError, OverflowError) as error:
    raise ValueError(f'{name} must be {"a whole number" if kind is int else "a number"}, not {value!r}') from error
  if kind is int and abs(number) > _LARGEST:
    raise ValueError(f'{name} must be at most {_LARGEST}, not {value}')
  return number
