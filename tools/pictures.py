"""Draws docs/images/comparison.png from the models of an output directory.

  .venv/bin/python -m tools.pictures [OUTPUT_DIR]

`local_runner.py --compare all` leaves such an output directory.
"""

import argparse
import pathlib
import sys
from typing import Optional

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from matplotlib import pyplot

from components.common import plots
from pipeline.results import runs

_IMAGES = pathlib.Path(__file__).resolve().parents[1] / 'docs' / 'images'


def parse(argv: Optional[list[str]] = None) -> argparse.Namespace:
  """Parse the command line."""
  parser = argparse.ArgumentParser(
      prog='python -m tools.pictures', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('output_dir', nargs='?', default='output', metavar='OUTPUT_DIR', help='(default: output)')
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


def main(argv: Optional[list[str]] = None) -> int:
  """Return the exit code."""
  arguments = parse(argv)
  path = _IMAGES / 'comparison.png'
  try:
    draw_comparison(arguments.output_dir, path)
  except ValueError as error:
    print(f'tools.pictures: {error}', file=sys.stderr)
    return 1
  print(path)
  return 0


if __name__ == '__main__':
  sys.exit(main())
