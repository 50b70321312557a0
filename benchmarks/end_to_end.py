"""Reviews to a servable model, in a process from its start to its end, against scikit-learn.

Ours also validates the data, evaluates in slices, tries the model out as a server would, and pushes it; theirs fits,
tests and writes a file.
"""

import subprocess
import sys
import time

import joblib

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report
from benchmarks import scikit


def measure(settings):
  """The rows of this piece."""
  path, rows = data.csv_file(settings, with_split=True), []
  for model in scikit.MODELS:

    def ours(turn, model=model):
      return pipeline_runs.run(settings, path, settings.directory / f'whole-{model}-{turn}', model)

    def theirs(unused_turn, model=model):
      start = time.perf_counter()
      command = [sys.executable, '-m', 'benchmarks.end_to_end', model, path, settings.directory / f'{model}.joblib']
      printed = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout
      return {'whole': time.perf_counter() - start, 'accuracy': float(printed)}

    mine, other = report.alternate(ours, theirs, settings.repeats)
    rows += [report.Row('end to end', f'{model} to a servable model', mine['whole'], other['whole'], 's'),
             report.Row('end to end', f'{model} accuracy on test', mine['accuracy'], other['accuracy'], '', 'higher')]
  return rows


def main(model, path, destination):
  """Fits scikit-learn's model of the kind, writes it and prints its accuracy on test."""
  found = scikit.read(path)
  fitted = scikit.MODELS[model]().fit(*found['train'])
  joblib.dump(fitted, destination)
  print(fitted.score(*found['test']))


if __name__ == '__main__':
  main(*sys.argv[1:])
