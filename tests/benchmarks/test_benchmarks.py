"""Each benchmark, on a few reviews of sample data: it runs to its end, and its ratios are numbers."""

import importlib
import math

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import report
from benchmarks import stages


@pytest.mark.bench
@pytest.mark.parametrize('name', benchmarks.BENCHMARKS)
def test_a_benchmark_measures(tmp_path, name):
  settings = report.Settings(
      tmp_path, data=None, reviews=600, repeats=1, example_steps=2, example_eval_steps=1, train_steps=20)
  rows = importlib.import_module(f'benchmarks.{name}').measure(settings)
  assert rows and all(math.isfinite(row.ratio) and row.ratio > 0 for row in rows)
  report.write(rows, 'a few', tmp_path / 'report')
  written = (tmp_path / 'report' / 'results.md').read_text(encoding='utf-8')
  assert all(row.what in written for row in rows)


def test_a_training_is_extrapolated_by_its_time_per_step():
  assert stages.extrapolate(10 + 100 * 0.2, 10 + 200 * 0.2, 100) == pytest.approx(10 + 7000 * 0.2)


def test_sides_take_turns_and_medians_count():
  turns = []

  def side(name, values):
    return lambda turn: turns.append((turn, name)) or {'s': values[turn]}

  medians = report.alternate(side('project', [3, 1, 2]), side('reference', [9, 7, 50]), 3)
  assert medians == ({'s': 2}, {'s': 9})
  assert turns == [(0, 'project'), (0, 'reference'), (1, 'project'), (1, 'reference'), (2, 'project'), (2, 'reference')]
