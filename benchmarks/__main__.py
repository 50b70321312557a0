"""Everything that is claimed of the speed, measured: a table and a plot.

  .venv/bin/python -m benchmarks [PIECE ...] [--data PATH] [--reviews 50000] [--repeats 3]

Both sides of a figure take turns on the same reviews; medians count. Pieces: stages (against TFX's own IMDB example),
training (against the 2018 tutorial), end_to_end and scoring (against scikit-learn), start_up, lower_bounds (of the
time of a stage) and patches (of compat/). Without --data, IMDB_DATA or sample data.
"""

import argparse
import importlib
import os
import pathlib
import tempfile

from benchmarks import report

PIECES = ('stages', 'training', 'end_to_end', 'scoring', 'start_up', 'lower_bounds', 'patches')


def main(argv=None):
  """Measures, prints the rows as they come, and writes the report."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('pieces', nargs='*', metavar='PIECE', help=f'of {", ".join(PIECES)} (default: all)')
  add('--data', default=os.environ.get('IMDB_DATA'), help='reviews, as local_runner.py takes them')
  add('--reviews', type=int, default=50_000, help='(default: 50000; real ones are repeated where they are fewer)')
  add('--repeats', type=int, default=3)
  add('--their-steps', type=int, default=500, help="of TFX's example: run, and twice as many; 7000 runs them all, once")
  add('--their-eval-steps', type=int, default=800, help='its validation steps (default: 800, as it recommends)')
  add('--train-steps', type=int, help="training steps of our models at most (default: each model's)")
  add('--output-dir', type=pathlib.Path, default=pathlib.Path('output/benchmarks'))
  arguments = parser.parse_args(argv)
  unknown = sorted(set(arguments.pieces) - set(PIECES))
  if unknown:
    parser.error(f'unknown piece {unknown[0]!r}; choose from: {", ".join(PIECES)}')
  rows = []
  with tempfile.TemporaryDirectory() as directory:
    settings = report.Settings(
        pathlib.Path(directory), arguments.data, arguments.reviews, arguments.repeats, arguments.their_steps,
        arguments.their_eval_steps, arguments.train_steps)
    kind = 'generated ones' if settings.data is None else os.path.basename(settings.data)
    about = f'{settings.reviews:,} reviews ({kind}), medians of {settings.repeats}'
    print(f'{about}\n{report.machine()}')
    for piece in arguments.pieces or PIECES:
      found = importlib.import_module(f'benchmarks.{piece}').measure(settings)
      print(report.table(found), flush=True)
      rows += found
      report.write(rows, about, arguments.output_dir)


if __name__ == '__main__':
  main()
