"""Draws docs/images/comparison.png from the models of an output directory, or docs/images/teacher.png from two tables.

  .venv/bin/python -m tools.pictures [OUTPUT_DIR]
  .venv/bin/python -m tools.pictures --students WITHOUT.csv WITH.csv

`local_runner.py --compare all` leaves such an output directory, and in its reports/ such a table, comparison.csv. The
two tables are of the same models without and with `--teacher`.
"""

import argparse
import pathlib
import sys
from typing import Optional

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from matplotlib import pyplot
import pandas as pd

from components.common import plots
from pipeline.results import runs

_IMAGES = pathlib.Path(__file__).resolve().parents[1] / 'docs' / 'images'


def parse(argv: Optional[list[str]] = None) -> argparse.Namespace:
  """Parse the command line."""
  parser = argparse.ArgumentParser(
      prog='python -m tools.pictures', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('output_dir', nargs='?', default='output', metavar='OUTPUT_DIR', help='(default: output)')
  parser.add_argument('--students', nargs=2, metavar='FILE', help='tables of models without and with a teacher')
  return parser.parse_args(argv)


def draw_comparison(output_dir: str, path: pathlib.Path) -> None:
  """Draw the precision-recall curve of each model, and its accuracy against its training time.

  Args:
    output_dir: output directory with at least one evaluated model.
    path: PNG file to write.

  Raises:
    ValueError: no model was evaluated in the output directory.
  """
  models = runs.runs_by_model(output_dir)
  pyplot.rcParams.update(plots.LIGHT)
  figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.8), layout='constrained')
  plots.draw_precision_recall({name: run.precision_recall_curve for name, run in models.items()}, left)
  plots.draw_cost(
      {name: (run.properties['training_seconds'], run.results['metrics']['binary_accuracy'])
       for name, run in models.items()}, right)
  path.parent.mkdir(exist_ok=True)
  figure.savefig(path, dpi=110)


def draw_students(without: str, taught: str, path: pathlib.Path) -> None:
  """Draw the accuracy of models without and with a teacher against the texts that they score per second.

  Args:
    without: comparison.csv of the models without a teacher.
    taught: comparison.csv of the same models with a teacher; others have no point without one.
    path: PNG file to write.

  Raises:
    ValueError: a file cannot be read, or is not such a table.
  """
  try:
    before, after = (pd.read_csv(file, index_col='model')[['reviews_per_second', 'accuracy']]
                     for file in (without, taught))
  except (OSError, KeyError, ValueError) as error:
    raise ValueError(f'{without} and {taught} must be files comparison.csv of local_runner.py --compare: {error}') \
        from error
  pyplot.rcParams.update(plots.LIGHT)
  figure, axes = pyplot.subplots(figsize=(7.5, 4.8), layout='constrained')
  axes.set(title='Accuracy on test against speed', xlabel='Reviews per second (logarithmic)', ylabel='Accuracy',
           xscale='log')
  for number, (name, point) in enumerate(after.iterrows()):
    axes.scatter(*point, color=f'C{number}')
    axes.annotate(name, point, textcoords='offset points', xytext=(7, 3), fontsize=9)
    if name in before.index:
      # At the speed of the student: a teacher changes the weights, not the graph.
      start = point['reviews_per_second'], before.loc[name, 'accuracy']
      axes.annotate('', point, start, arrowprops={'arrowstyle': '->', 'color': f'C{number}'})
      axes.scatter(*start, edgecolors=f'C{number}', facecolors='none')
  axes.scatter([], [], edgecolors='grey', facecolors='none', label='without a teacher')
  axes.scatter([], [], color='grey', label='with a teacher')
  axes.legend()
  axes.margins(x=0.2, y=0.1)
  path.parent.mkdir(exist_ok=True)
  figure.savefig(path, dpi=110)


def main(argv: Optional[list[str]] = None) -> int:
  """Return the exit code."""
  arguments = parse(argv)
  path = _IMAGES / ('teacher.png' if arguments.students else 'comparison.png')
  try:
    if arguments.students:
      without, taught = arguments.students
      draw_students(without, taught, path)
    else:
      draw_comparison(arguments.output_dir, path)
  except ValueError as error:
    print(f'tools.pictures: {error}', file=sys.stderr)
    return 1
  print(path)
  return 0


if __name__ == '__main__':
  sys.exit(main())
