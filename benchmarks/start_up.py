"""Start-up: what an import takes, against TFX's IMDB example's, and a run in which nothing has changed."""

import pathlib
import subprocess
import sys
import time

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report

_PROJECT = pathlib.Path(__file__).resolve().parent.parent


def measure(settings):
  """The rows of this piece."""
  ours, theirs = report.alternate(
      lambda unused_turn: {'import': _seconds(
          'import compat; compat.stub_unused_imports(); compat.apply_patches(); import pipeline.local.run')},
      lambda unused_turn: {'import': _seconds('import tfx.examples.imdb.imdb_pipeline_native_keras')}, settings.repeats)
  path, output_dir = data.csv_file(settings, with_split=True), settings.directory / 'cached'
  first, second = report.alternate(
      lambda turn: pipeline_runs.run(settings, path, f'{output_dir}-{turn}', 'bow_sparse'),
      lambda turn: pipeline_runs.run(settings, path, f'{output_dir}-{turn}', 'bow_sparse'), settings.repeats)
  return [report.Row('start-up', 'import', ours['import'], theirs['import'], 's'),
          report.Row('start-up', 'bow_sparse again, all cached', second['whole'], first['whole'], 's',
                     remark='against the first run of ours')]


def _seconds(code):
  start = time.perf_counter()
  subprocess.run([sys.executable, '-c', code], cwd=_PROJECT, check=True, stderr=subprocess.DEVNULL)
  return time.perf_counter() - start
