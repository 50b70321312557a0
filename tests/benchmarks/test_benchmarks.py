"""Each benchmark, on a few reviews of sample data: it runs to its end, and its ratios are numbers."""

import gzip
import importlib
import json
import math

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import engines
from benchmarks import report
from benchmarks import spliced
from benchmarks import stages
from pipeline.sources import sample_data


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


def test_spliced_reviews_grow_like_real_ones(tmp_path):
  real = list(sample_data.generate_reviews(50, seed=1))
  distinct = []
  for count in (100, 400, 1_600):
    spliced.write(tmp_path / 'reviews.jsonl.gz', real, count)
    with gzip.open(tmp_path / 'reviews.jsonl.gz', 'rt', encoding='utf-8') as file:
      reviews = [json.loads(line) for line in file]
    assert [review['label'] for review in reviews] == [0, 1] * (count // 2)
    distinct.append(len({word for review in reviews for word in review['text'].split()}))
  assert 1.5 < distinct[2] / distinct[1] < 4 and distinct[0] < distinct[1]


def test_a_line_through_two_sizes_is_compared_with_the_third(capsys):
  engines._print_error({size: {'direct': {engines._WHOLE: seconds}} for size, seconds in ((1, 10), (3, 20), (9, 100))})
  assert '9 reviews took 100 s, a line through the first two sizes gives 50 s (-50%)' in capsys.readouterr().out


def test_sides_take_turns_and_medians_count():
  turns = []

  def side(name, values):
    return lambda turn: turns.append((turn, name)) or {'s': values[turn]}

  medians = report.alternate(side('project', [3, 1, 2]), side('reference', [9, 7, 50]), 3)
  assert medians == ({'s': 2}, {'s': 9})
  assert turns == [(0, 'project'), (0, 'reference'), (1, 'project'), (1, 'reference'), (2, 'project'), (2, 'reference')]
