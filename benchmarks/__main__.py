"""Measures what the documentation says about speed.

  .venv/bin/python -m benchmarks [BENCHMARK ...] [--data PATH] [--reviews 50000] [--repeats 3]

Both sides of a comparison take turns on the same reviews; their medians are compared. Benchmarks: stages (against TFX's
own IMDB example), training (against the 2018 tutorial), encoder_training (mixed precision against float32), end_to_end
and scoring (against scikit-learn), start_up and patches (against the libraries as they are). Without --data, they use
the reviews that IMDB_DATA names, or sample data.
"""

import argparse
import importlib
import os
import pathlib
import tempfile
from typing import Optional, Sequence

from benchmarks import report

BENCHMARKS = ('stages', 'training', 'encoder_training', 'end_to_end', 'scoring', 'start_up', 'patches')


def main(argv: Optional[Sequence[str]] = None) -> None:
  """Run the benchmarks, print each table when it is ready, and write all rows to a file.

  Args:
    argv: the command line's arguments; None for those of this process.
  """
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('benchmarks', nargs='*', metavar='BENCHMARK', help=f'any of {", ".join(BENCHMARKS)} (default: all)')
  add('--data', default=os.environ.get('IMDB_DATA'), help='reviews, as for local_runner.py')
  add('--reviews', type=int, default=50_000, help='(default: 50000; a smaller set of reviews is repeated)')
  add('--repeats', type=int, default=3, help='measurements of each side (default: 3)')
  add('--example-steps', type=int, default=500, help=(
      "training steps of TFX's example: it runs for these and for twice as many; 7000 runs the whole training once"))
  add('--example-eval-steps', type=int, default=800, help=(
      "validation steps of TFX's example (default: 800, its advice)"))
  add('--train-steps', type=int, help="most training steps of this project's models (default: each model's own)")
  add('--output-dir', type=pathlib.Path, default=pathlib.Path('output/benchmarks'))
  arguments = parser.parse_args(argv)
  unknown = sorted(set(arguments.benchmarks) - set(BENCHMARKS))
  if unknown:
    parser.error(f'unknown benchmark {unknown[0]!r}; choose from: {", ".join(BENCHMARKS)}')
  rows: list[report.Row] = []
  with tempfile.TemporaryDirectory() as directory:
    settings = report.Settings(
        pathlib.Path(directory), arguments.data, arguments.reviews, arguments.repeats, arguments.example_steps,
        arguments.example_eval_steps, arguments.train_steps)
    source = 'sample data' if settings.data is None else os.path.basename(settings.data)
    title = f'{settings.reviews:,} reviews ({source}), medians of {settings.repeats}'
    print(f'{title}\n{report.describe_machine()}')
    for name in arguments.benchmarks or BENCHMARKS:
      new_rows = importlib.import_module(f'benchmarks.{name}').measure(settings)
      print(report.markdown_table(new_rows), flush=True)
      rows += new_rows
      report.write(rows, title, arguments.output_dir)


if __name__ == '__main__':
  main()
