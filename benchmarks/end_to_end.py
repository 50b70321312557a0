"""Reviews to a servable model, from the start to the end of a process, against scikit-learn.

This project's run also validates the data, evaluates in slices, tries the model out as a server would, and pushes it.
scikit-learn's fits, tests and writes a file.
"""

import subprocess
import sys
import time

import joblib

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report
from benchmarks import sklearn_models


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  path, rows = data.write_csv(settings, with_split=True), []
  for model in sklearn_models.MODELS:

    def run_pipeline(turn, model=model):
      return pipeline_runs.run(settings.train_steps, path, settings.directory / f'whole-{model}-{turn}', model)

    def run_sklearn(unused_turn, model=model):
      start = time.perf_counter()
      command = [sys.executable, '-m', 'benchmarks.end_to_end', model, path, settings.directory / f'{model}.joblib']
      printed = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout
      return {'whole': time.perf_counter() - start, 'accuracy': float(printed)}

    project, reference = report.alternate(run_pipeline, run_sklearn, settings.repeats)
    rows += [
        report.Row('end to end', f'{model} to a servable model', project['whole'], reference['whole'], 's'),
        report.Row('end to end', f'{model} accuracy on test', project['accuracy'], reference['accuracy'], '', 'higher')]
  return rows


def main(model: str, path: str, destination: str) -> None:
  """Fits scikit-learn's model of the same kind, writes it, and prints its accuracy on test."""
  splits = sklearn_models.read_csv(path)
  fitted = sklearn_models.MODELS[model]().fit(*splits['train'])
  joblib.dump(fitted, destination)
  print(fitted.score(*splits['test']))


if __name__ == '__main__':
  main(*sys.argv[1:])
