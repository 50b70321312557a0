"""Start-up: the import, against that of TFX's IMDB example, and a run in which nothing has changed."""

import pathlib
import subprocess
import sys
import time

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
_IMPORT = 'import compat; compat.stub_unused_imports(); compat.apply_patches(); import pipeline.local.run'
_IMPORT_OF_EXAMPLE = 'import tfx.examples.imdb.imdb_pipeline_native_keras'


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  project, example = report.alternate(
      lambda unused_turn: {'import': _run_seconds(_IMPORT)},
      lambda unused_turn: {'import': _run_seconds(_IMPORT_OF_EXAMPLE)}, settings.repeats)
  path, output_dir = data.write_csv(settings, with_split=True), settings.directory / 'cached'

  def run(turn):
    return pipeline_runs.run(settings.train_steps, path, output_dir.with_name(f'cached-{turn}'), 'bow_sparse')

  first, second = report.alternate(run, run, settings.repeats)
  return [report.Row('start-up', 'import', project['import'], example['import'], 's'),
          report.Row('start-up', 'bow_sparse again, all cached', second['whole'], first['whole'], 's',
                     remark='the reference is the first run')]


def _run_seconds(code):
  start = time.perf_counter()
  subprocess.run([sys.executable, '-c', code], cwd=_PROJECT, check=True, stderr=subprocess.DEVNULL)
  return time.perf_counter() - start
