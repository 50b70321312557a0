"""Hyper-parameters: one documented dataclass per model, derived from a common one."""

import collections
import dataclasses
import math
import sys
import typing
from typing import Any, ClassVar, Collection, Mapping, NamedTuple, Union

from models import features

AT_LEAST_0, AT_LEAST_1 = (0, math.inf), (1, math.inf)
POSITIVE = math.ulp(0), sys.float_info.max


class Range(NamedTuple):
  """An interval of a hyper-parameter search.

  Attributes:
    low: the smallest value.
    high: the largest value.
    log: whether values are sampled evenly on a logarithmic scale.
  """

  low: float
  high: float
  log: bool = False


@dataclasses.dataclass(frozen=True)
class Hparams:
  """Hyper-parameters of every model. A model's own dataclass derives from this one and may change the defaults.

  Attributes:
    vocab_size: number of token ids, including the reserved ones.
    max_length: number of tokens that are kept of a text, including the start token.
    batch_size: examples per training step.
    train_steps: maximum number of training steps.
    eval_every: training steps between two evaluations on eval, each of which is a candidate for export; 0 evaluates
      after each pass over train, or after the number of passes that makes at least 100 steps.
    patience: number of evaluations, over at least 100 steps, without a lower eval loss before training stops; 0 turns
      early stopping off.
    learning_rate: learning rate of the optimizer.
    negation_reach: 0, or the maximum number of words after a negation that the text graph marks, so that a model reads
      them as other words; see models.text.negation.
    bucketing: whether training batches hold examples of similar length, which saves padding.
    teacher_weight: share (0 to 1) of a teacher's label in a review of train; the rest is the real label. Texts without
      a real label have the teacher's alone. This one and the next have an effect with a teacher only.
    teacher_temperature: the teacher's logits are divided by it; above 1, its labels are less sure.
  """

  vocab_size: int = 20_000
  max_length: int = 400
  batch_size: int = 100
  train_steps: int = 2_000
  eval_every: int = 0
  patience: int = 2
  learning_rate: float = 1e-3
  negation_reach: int = 0
  bucketing: bool = False
  teacher_weight: float = 0.5
  teacher_temperature: float = 1.0

  # Whether the model learns from unlabeled examples too, and the length of texts that it reads apart and their weight
  # in the rest of it, see models.networks.short_texts. Not hyper-parameters here: models that can do so declare fields
  # of these names.
  unlabeled = False
  short_length = 0
  short_weight = 1.0

  # (lowest, highest) value by name; each class has those of its own fields. POSITIVE is above 0 and finite.
  BOUNDS: ClassVar[Mapping[str, tuple[float, float]]] = {
      'vocab_size': (len(features.RESERVED_TOKENS) + 1, math.inf), 'max_length': AT_LEAST_1, 'batch_size': AT_LEAST_1,
      'train_steps': AT_LEAST_1, 'eval_every': AT_LEAST_0, 'patience': AT_LEAST_0, 'learning_rate': POSITIVE,
      'negation_reach': (0, 20), 'teacher_weight': (0, 1), 'teacher_temperature': POSITIVE}

  def __post_init__(self) -> None:
    # A class may replace the bounds of a field that it inherits.
    bounds = [vars(kind).get('BOUNDS', {}) for kind in reversed(type(self).__mro__)]
    for name, allowed in collections.ChainMap(*reversed(bounds)).items():
      _check(name, getattr(self, name), allowed)

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform: custom_config of models.text.preprocessing.preprocessing_fn."""
    return {'vocab_size': self.vocab_size, 'max_length': self.max_length, 'ngrams': None,
            'negation_reach': self.negation_reach}

  def augmentation(self) -> dict[str, float]:
    """Return the doses of augmented training examples by kind, see models.augmentation; none by default."""
    return {}

  def scale_augmentation(self, factor: float) -> dict[str, float]:
    """Return the changes, by name, that multiply all doses of augmented examples by a factor."""
    del factor
    return {}

  def count_steps(self, steps_per_pass: int) -> int:
    """Return the maximum number of training steps.

    Args:
      steps_per_pass: number of steps in which all training examples are read once.
    """
    del steps_per_pass
    return self.train_steps

  def check_encoder(self, directory: str) -> None:
    """Raise ValueError unless these hyper-parameters fit a pre-trained encoder; only models that are one have any.

    Args:
      directory: of the encoder, see models.encoder_files.
    """

  def search_space(self) -> dict[str, Union[Range, tuple]]:
    """Return what a Tuner tries: a Range or a tuple of values by name; nothing that Transform depends on."""
    return {'learning_rate': Range(self.learning_rate / 5, self.learning_rate * 5, log=True)}

  def replace(self, changes: Mapping[str, Any]) -> 'Hparams':
    """Return a copy with the changes applied, each parsed as the type of its field.

    Raises:
      ValueError: a name is not a hyper-parameter, or a value has the wrong type or is out of range.
    """
    return dataclasses.replace(self, **parse_changes(self, changes))


def _check(name: str, value: float, bounds: tuple[float, float]) -> None:
  minimum, maximum = bounds
  if not minimum <= value <= maximum:
    allowed = ('above 0 and finite' if bounds == POSITIVE else f'at least {minimum}' if maximum == math.inf
               else f'from {minimum} to {maximum}')
    raise ValueError(f'{name} must be {allowed}, not {value}')


def describe(values: Mapping[str, Any]) -> str:
  """Format hyper-parameters as 'name=value, ...', sorted by name."""
  return ', '.join(f'{name}={value:.3g}' if isinstance(value, float) else f'{name}={value}'
                   for name, value in sorted(values.items()))


def parse_changes(instance: Any, changes: Mapping[str, Any], hidden: Collection[str] = ()) -> dict[str, Any]:
  """Parse values as the types of a dataclass' fields.

  Args:
    instance: an instance of the dataclass.
    changes: values by field name: strings from a command line, or JSON values.
    hidden: names of fields that must not be changed.

  Returns:
    The parsed values by field name.

  Raises:
    ValueError: there is no such field, or a value cannot be parsed.
  """
  types = {field.name: field.type for field in dataclasses.fields(instance)
           if field.name not in hidden and _without_optional(field.type) in _PARSED_TYPES}
  unknown = sorted(set(changes) - set(types))
  if unknown:
    raise ValueError(f'unknown key {unknown[0]!r}; choose from: {", ".join(sorted(types))}')
  return {name: _parse(name, types[name], value) for name, value in changes.items()}


_PARSED_TYPES = (bool, int, float, str)
_MAX_INT = 2**31 - 1  # most TensorFlow ops take int32


def _without_optional(kind: Any) -> Any:
  """Return X for Optional[X] and for X."""
  options = typing.get_args(kind)
  return options[0] if type(None) in options else kind


def _parse(name: str, kind: Any, value: Any) -> Any:
  if kind is not _without_optional(kind) and (value is None or str(value).lower() == 'none'):
    return None
  kind = _without_optional(kind)
  if kind is bool:
    if str(value).lower() not in ('true', 'false'):
      raise ValueError(f'{name} must be true or false, not {value!r}')
    return str(value).lower() == 'true'
  try:
    number = kind(value)
  except (ValueError, OverflowError) as error:
    raise ValueError(f'{name} must be {"a whole number" if kind is int else "a number"}, not {value!r}') from error
  if kind is int and abs(number) > _MAX_INT:
    raise ValueError(f'{name} must be at most {_MAX_INT}, not {value}')
  return number
