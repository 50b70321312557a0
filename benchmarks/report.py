"""What the pieces of `python -m benchmarks` share: their settings, sides that take turns, the table and the plot."""

import importlib.metadata
import os
import pathlib
import platform
import statistics
from typing import Callable, Mapping, NamedTuple, Optional

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from components.common import plots

_PACKAGES = ('tfx', 'tensorflow', 'apache-beam', 'tensorflow-model-analysis', 'scikit-learn')


class Settings(NamedTuple):
  """How to measure.

  Attributes:
    directory: for data and outputs, removed by the caller.
    data: reviews as local_runner.py takes them, or None for generated ones.
    reviews: how many.
    repeats: of each measurement; the median counts.
    their_steps: training steps of TFX's example that are run, of 7,000.
    their_eval_steps: its validation steps.
    train_steps: of our models, or None for their own.
  """

  directory: pathlib.Path
  data: Optional[str]
  reviews: int
  repeats: int
  their_steps: int
  their_eval_steps: int
  train_steps: Optional[int]


class Row(NamedTuple):
  """One line of the table; `better` is 'lower' or 'higher', `remark` what a reader must know of the figures."""

  piece: str
  what: str
  ours: float
  theirs: float
  unit: str
  better: str = 'lower'
  remark: str = ''

  @property
  def ratio(self) -> float:
    return self.ours / self.theirs


def alternate(ours: Callable[[int], Mapping[str, float]], theirs: Callable[[int], Mapping[str, float]],
              repeats: int) -> tuple[dict[str, float], dict[str, float]]:
  """Lets two sides take turns; returns the medians of what each gave. Each is called with the number of the turn."""
  pairs = [(ours(turn), theirs(turn)) for turn in range(repeats)]
  return tuple({key: statistics.median(found[key] for found in side) for key in side[0]} for side in zip(*pairs))


def machine() -> str:
  """The machine and the versions, in one line."""
  versions = ', '.join(f'{name} {importlib.metadata.version(name)}' for name in _PACKAGES)
  return (f'{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}, '
          f'{versions}')


def table(rows: list[Row]) -> str:
  """The rows as a Markdown table."""
  lines = ['| piece | what | ours | theirs | ours / theirs | remark |', '|---|---|---|---|---|---|']
  for row in rows:
    lines.append(f'| {row.piece} | {row.what} | {row.ours:,.4g} {row.unit} | {row.theirs:,.4g} {row.unit} '
                 f'| {row.ratio:.2f} ({row.better} is better) | {row.remark} |')
  return '\n'.join(lines)


def write(rows: list[Row], about: str, directory: pathlib.Path) -> None:
  """Writes results.md and results.png."""
  directory.mkdir(parents=True, exist_ok=True)
  (directory / 'results.md').write_text(f'{about}\n\n{machine()}\n\n{table(rows)}\n', encoding='utf-8')
  # How many times better ours is, whichever way is better.
  gains = [1 / row.ratio if row.better == 'lower' else row.ratio for row in rows]
  axes = plots.new_axes('Ours against theirs', 'Times better (1: the same)', '', width=9, height=1.5 + 0.3 * len(rows))
  axes.barh(range(len(rows)), gains, color=[plots.COLOURS[0 if gain >= 1 else 1] for gain in gains])
  axes.set_yticks(range(len(rows)), [f'{row.piece}: {row.what}' for row in rows])
  axes.axvline(1, color='black', linewidth=1)
  axes.set_xscale('log')
  axes.invert_yaxis()
  axes.figure.savefig(directory / 'results.png', dpi=110)
