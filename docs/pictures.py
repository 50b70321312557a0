"""Draws the README's pictures from a run, such as `local_runner.py --compare all` leaves:

  .venv/bin/python -m docs.pictures [OUTPUT_DIR]
"""

import pathlib
import sys

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from matplotlib import pyplot

from components.common import plots
from pipeline.results import runs

_FOLDER = pathlib.Path(__file__).parent / 'images'


def main(output_dir: str = 'output') -> None:
  """Writes comparison.png: the precision-recall curves of all models, and what their accuracy cost."""
  models = runs.runs_by_model(output_dir)
  pyplot.rcParams.update(plots.LIGHT)
  picture, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.8), layout='constrained')
  plots.draw_precision_recall({name: run.precision_recall_curve for name, run in models.items()}, left)
  plots.draw_cost(
      {name: (run.properties['training_seconds'], run.results['metrics']['binary_accuracy'])
       for name, run in models.items()}, right)
  _FOLDER.mkdir(exist_ok=True)
  picture.savefig(_FOLDER / 'comparison.png', dpi=110)
  print(_FOLDER / 'comparison.png')


if __name__ == '__main__':
  main(*sys.argv[1:])
