"""What the benchmarks share: their settings, sides that take turns, and the table."""

import importlib.metadata
import os
import pathlib
import platform
import statistics
from typing import Callable, Mapping, NamedTuple, Optional, Sequence

_PACKAGES = ('tfx', 'tensorflow', 'apache-beam', 'tensorflow-model-analysis', 'scikit-learn')


class Settings(NamedTuple):
  """How to measure.

  Attributes:
    directory: for data and outputs; the caller removes it.
    data: reviews as for local_runner.py, or None for sample data.
    reviews: their number.
    repeats: of each measurement.
    example_steps: training steps of TFX's example, of the 7,000 that it recommends.
    example_eval_steps: its validation steps.
    train_steps: most training steps of this project's models, or None for each model's own.
  """

  directory: pathlib.Path
  data: Optional[str]
  reviews: int
  repeats: int
  example_steps: int
  example_eval_steps: int
  train_steps: Optional[int]


class Row(NamedTuple):
  """One comparison.

  Attributes:
    benchmark: its module.
    what: is measured.
    project: the median of this project.
    reference: the median of what it is compared with.
    unit: of both.
    better: 'lower' or 'higher'.
    remark: what a reader must know of the figures.
  """

  benchmark: str
  what: str
  project: float
  reference: float
  unit: str
  better: str = 'lower'
  remark: str = ''

  @property
  def ratio(self) -> float:
    """This project's figure in units of the reference's."""
    return self.project / self.reference


def alternate(project: Callable[[int], Mapping[str, float]], reference: Callable[[int], Mapping[str, float]],
              repeats: int) -> tuple[dict[str, float], dict[str, float]]:
  """Measure two sides in turn, so that what else the machine does disturbs both.

  Args:
    project: number of the turn -> figures of this project.
    reference: number of the turn -> figures of what it is compared with.
    repeats: turns of each side.

  Returns:
    The medians of both.
  """
  turns = [(project(turn), reference(turn)) for turn in range(repeats)]
  return _medians([first for first, _ in turns]), _medians([second for _, second in turns])


def _medians(turns: Sequence[Mapping[str, float]]) -> dict[str, float]:
  return {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}


def describe_machine() -> str:
  """Return the machine and the versions in one line."""
  versions = ', '.join(f'{name} {importlib.metadata.version(name)}' for name in _PACKAGES)
  return (f'{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}, '
          f'{versions}')


def markdown_table(rows: Sequence[Row]) -> str:
  """Return the rows as a Markdown table."""
  lines = ['| benchmark | what | this project | reference | ratio | remark |', '|---|---|---|---|---|---|']
  for row in rows:
    lines.append(f'| {row.benchmark} | {row.what} | {row.project:,.4g} {row.unit} | {row.reference:,.4g} {row.unit} '
                 f'| {row.ratio:.2f} ({row.better} is better) | {row.remark} |')
  return '\n'.join(lines)


def write(rows: Sequence[Row], title: str, directory: pathlib.Path) -> None:
  """Write results.md.

  Args:
    rows: all comparisons.
    title: the first line.
    directory: where to write; it is made if it is missing.
  """
  directory.mkdir(parents=True, exist_ok=True)
  (directory / 'results.md').write_text(
      f'{title}\n\n{describe_machine()}\n\n{markdown_table(rows)}\n', encoding='utf-8')
