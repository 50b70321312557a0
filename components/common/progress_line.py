"""The line by which a component describes its outputs on the terminal."""

import os
from typing import Any, Mapping, NamedTuple, Protocol, Sequence


class Description(NamedTuple):
  """What the terminal says of an execution.

  Attributes:
    text: one line: the numbers of the outputs that are worth knowing.
    warning: whether the line is a refusal, or something else that the user should look at.
  """

  text: str
  warning: bool = False


class Execution(Protocol):
  """What a description is read from: pipeline.results.metadata.Execution."""

  @property
  def outputs(self) -> Mapping[str, Sequence]:
    """Artifacts by output."""

  @property
  def properties(self) -> Mapping[str, Any]:
    """Execution properties by name."""

  def uri(self, key: str) -> str:
    """Return the directory of an output."""

  def value(self, key: str, name: str) -> Any:
    """Return a custom property of an output; None if there is none of that name."""


def count_noun(count: int, singular: str, plural: str) -> str:
  """Return '1 anomaly', '2 anomalies'."""
  return f'{count:,} {singular if count == 1 else plural}'


def first_of(reasons: Sequence[str]) -> str:
  """Return the first of some reasons, and how many more there are."""
  others = len(reasons) - 1
  return reasons[0] + (f' (and {count_noun(others, "more reason", "more reasons")})' if others else '')


def split_path(execution: Execution, key: str, split: str, name: str) -> str:
  """Return the path of a file in a split of an output."""
  return os.path.join(execution.uri(key), f'Split-{split}', name)


def read_split_file(execution: Execution, key: str, split: str, name: str) -> bytes:
  """Return the content of a file in a split of an output."""
  with open(split_path(execution, key, split, name), 'rb') as file:
    return file.read()
