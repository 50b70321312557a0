"""What labels mean: words that say it themselves, numbers by the values of the whole column, others by `--labels`."""

import re
from typing import Any, Mapping

from models import features

Meaning = dict[str, int]  # {label as `normalize` returns it: 0, 1 or features.NO_LABEL}

_WORDS = {
    'neg': 0, 'pos': 1, 'negative': 0, 'positive': 1, 'n': 0, 'p': 1, 'false': 0, 'true': 1, 'f': 0, 't': 1, 'no': 0,
    'yes': 1, 'y': 1, '-': 0, '+': 1}
# SST-2 marks what has no label by -1. Without a 0 in the column, -1 is the negative class.
_NUMBERS: tuple[Meaning, ...] = ({'0': 0, '1': 1}, {'-1': features.NO_LABEL}, {'-1': 0, '1': 1},
                                 {'0': 0, '1': 1, '-1': features.NO_LABEL}, {'0': 0, '4': 1})
_WHOLE_NUMBER = re.compile(r'\+?(-?[0-9]+)(?:\.0*)?')  # pandas writes a column of whole numbers with gaps as 1.0
_NAMES = {'negative': 0, 'positive': 1, 'none': features.NO_LABEL}
_STARS = {'1': 'negative', '2': 'negative', '3': 'none', '4': 'positive', '5': 'positive'}
MISSING = frozenset(('', 'nan', '<na>', '#n/a', 'n/a', 'na', 'null', 'none'))  # as programs write it


def normalize(value: Any) -> str:
  """Return a label in the form of the keys of `Meaning`: lower case, whole numbers without a fraction.

  Args:
    value: a cell of a table, or a value of JSON or Parquet.

  Returns:
    The label; empty if it is missing.
  """
  label = '' if value is None else str(value).strip().lower()
  number = _WHOLE_NUMBER.fullmatch(label)
  return number[1] if number else '' if label in MISSING else label


def parse(text: str) -> Meaning:
  """Parse `--labels`.

  Args:
    text: such as `1=negative,2=positive,3=none`; empty for none.

  Returns:
    The meaning of each label.

  Raises:
    ValueError: it is not in this form, or no label is negative or positive.
  """
  meaning = {}
  for item in text.split(',') if text.strip() else ():
    label, separator, name = (part.strip() for part in item.rpartition('='))
    if not separator or not label or name.lower() not in _NAMES:
      raise ValueError(f'--labels {text}: {item.strip()!r} is not LABEL=negative, LABEL=positive or LABEL=none')
    meaning[normalize(label)] = _NAMES[name.lower()]
  if meaning and not {0, 1} <= set(meaning.values()):
    raise ValueError(f'--labels {text}: say which label is negative and which is positive, as in '
                     '--labels 1=negative,2=positive')
  return meaning


def infer(counts: Mapping[str, int], max_unknown: float) -> Meaning:
  """Find out what the labels of a source mean.

  Args:
    counts: the number of rows by label, over all tables of the source; without missing labels.
    max_unknown: share of the rows (0 to 1) whose labels may be unknown, such as typing errors.

  Returns:
    The meaning of the known labels.

  Raises:
    ValueError: the labels are ambiguous; the message names the flag that settles it.
  """
  numbers = {label for label in counts if label not in _WORDS}
  fitting = [meaning for meaning in _NUMBERS if numbers <= set(meaning)]
  if fitting:
    return {**_WORDS, **fitting[0]}
  # The one that leaves the fewest rows; typing errors may be among the labels.
  known = min(_NUMBERS, key=lambda meaning: sum(counts[label] for label in numbers - set(meaning)))
  unknown = sum(counts[label] for label in numbers - set(known))
  if unknown <= max_unknown * sum(counts.values()):
    return {**_WORDS, **known}
  shown = sorted(counts, key=lambda label: (-counts[label], label))[:6]
  raise ValueError(
      'the labels are ' + ', '.join(f'{label!r} ({counts[label]:,})' for label in sorted(shown, key=_order))
      + (f' and {len(counts) - 6:,} others: name the column of the labels with --label-column, or'
         if len(counts) > 6 else ':') + ' say what they mean with --labels, as in --labels '
      + (_suggest(sorted(shown, key=_order))))


def _order(label: str) -> tuple[float, str]:
  try:
    return float(label), label
  except ValueError:
    return 0.0, label


def _suggest(shown: list[str]) -> str:
  """Return an example of `--labels`; for words, the user has to say which is which."""
  names = {label: ('negative', 'positive')[_WORDS[label]] for label in shown if label in _WORDS}
  if len(shown) > 1 and all(_WHOLE_NUMBER.fullmatch(label) for label in shown):
    stars = _STARS if len(shown) > 2 and set(shown) <= set(_STARS) else {}
    numbers = dict(zip(shown, ['negative', *['none'] * (len(shown) - 2), 'positive']))
    names.update({**numbers, **{label: stars[label] for label in shown if label in stars}})
  example = ','.join(f'{label}={names.get(label, "?")}' for label in shown)
  return example + (', with negative, positive or none for each ?' if '?' in example else '')


def describe(meaning: Meaning) -> str:
  """Return the labels that are understood, for a message about one that is not."""
  return ', '.join(label for label in meaning if label not in _WORDS or label in ('neg', 'pos', 'negative', 'positive'))
