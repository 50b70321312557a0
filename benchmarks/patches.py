"""Each patch of compat/ that is there to save time, on against off: in the import, in Beam components, and at the exit.

Every measurement is a process of its own, in which either all patches are on or all but one; the last row of each act
has none on. The sides take turns. Rows are wall-clock medians; the remark has the CPU seconds, which other jobs on the
machine disturb less, but which do not count what only waits. Acts: `data` is a run from its start to the end
of Transform, `evaluation` the Evaluator alone, on a model that is trained first.

What one side does is also a command, which prints its events as JSON lines:
  .venv/bin/python -m benchmarks.patches data REVIEWS OUTPUT_DIR --off gc_at_exit
"""

import argparse
import contextlib
import importlib
import json
import logging
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import time
import types

from benchmarks import data
from benchmarks import pipeline_runs
from benchmarks import report
from compat import tfx_log_messages

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
# What is put in the place of a patch, by name: (module, attribute, value).
_NO_PATCH = {
    'unused_imports': ('compat.kfp', 'stub_unused_imports', lambda: None),
    'gc_thresholds': ('compat.cpython', 'collect_garbage_less_often', lambda: None),
    'gc_at_exit': ('compat.cpython', 'skip_garbage_collection_at_exit', lambda: None),
    'compression': ('compat.beam', 'compress_faster', lambda: None),
    'inspection': ('compat.beam', 'inspect_dofns_once', lambda: None),
    'log_level': ('compat.beam', 'keep_log_level_of_dill', lambda: None),
    'pickles': ('compat.beam', 'compress_pickles_faster', lambda: None),
    'options': ('compat.beam', 'view_options_once', lambda: None),
    'no_package': ('compat.beam', 'NO_PACKAGE_FLAG', '--sdk_container_image='),
    # TFX loads the module of this name anew, so a function replaced in it would come back.
    'batched_extractors': (
        'components.evaluator.executor', 'extractors', types.SimpleNamespace(__name__='benchmarks.patches')),
}
_CONSTRUCTION = 'inspection', 'log_level', 'pickles', 'options'  # of Beam's pipelines
_ACTS = {
    'data': ('unused_imports', 'gc_thresholds', 'gc_at_exit', 'compression', *_CONSTRUCTION, 'no_package'),
    'evaluation': ('batched_extractors', 'gc_thresholds', *_CONSTRUCTION)}
_BEFORE_IMPORTS = frozenset(_NO_PATCH) - {'batched_extractors'}


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark: a measurement with a patch, and as its reference the one without it."""
  path = settings.data or str(data.write_csv(settings, with_split=True))
  model = pipeline_runs.pushed_model(settings, path, 'bow_sparse')
  rows = []
  for act, names in _ACTS.items():
    sides = {'all on': (), **{name: (name,) for name in names}, 'all': tuple(_NO_PATCH)}
    found = {side: [] for side in sides}
    for turn in range(settings.repeats):
      for side, off in sides.items():
        output_dir = settings.directory / f'{act}-{side.replace(" ", "-")}-{turn}'
        found[side].append(_run(act, path, output_dir, model, off))
        print(json.dumps([act, side, found[side][-1]]), file=sys.stderr, flush=True)
    for side in list(sides)[1:]:
      rows += _rows(act, side, found['all on'], found[side])
  return rows


def _rows(act, side, on, off):
  """Yield the rows of one patch, or of all of them: one row per place of a run."""
  for place in on[0]:
    with_, without = (
        [statistics.median(run[place][kind] for run in runs) for kind in (0, 1)] for runs in (on, off))
    yield report.Row('patches', f'{side}: {act}, {place}', with_[0], without[0], 's',
                     remark=f'saves {without[0] - with_[0]:.2f} s, of CPU {without[1] - with_[1]:.2f} s')


def _run(act, path, output_dir, model, off):
  """Run this file; return {place: (wall-clock seconds, CPU seconds)}."""
  command = [sys.executable, '-m', 'benchmarks.patches', act, path, output_dir,
             '--model', model, '--off', ','.join(off)]
  start, before = time.monotonic(), os.times()
  process = subprocess.run([str(word) for word in command], cwd=_PROJECT, stdout=subprocess.PIPE, text=True,
                           stderr=subprocess.PIPE, check=False)
  end, after = time.monotonic(), os.times()
  if process.returncode:
    raise SystemExit(process.stderr[-3000:])
  cpu = (after.children_user + after.children_system) - (before.children_user + before.children_system)
  events = [json.loads(line) for line in process.stdout.splitlines() if line.startswith('["event"')]
  result, (last_wall, last_cpu) = {}, (start, 0.0)
  for _, place, wall, used in [*events, ['event', 'exit', end, cpu]]:
    if place != 'start':  # of the pipeline or of a component
      result[place] = wall - last_wall, used - last_cpu
    last_wall, last_cpu = wall, used
  result['whole process'] = end - start, cpu
  return result


def _event(place):
  times = os.times()
  print(json.dumps(['event', place, time.monotonic(), sum(times[:4])]), flush=True)


class _Finished(Exception):
  """What was to be measured has run."""


class _Follower(logging.Handler):
  """Prints when a component starts and ends, as TFX's own log says, and ends the run after a component."""

  def __init__(self, last):
    super().__init__()
    self._last = last

  def emit(self, record):
    if record.msg == tfx_log_messages.COMPONENT_RUNNING:
      _event('start')
    elif record.msg == tfx_log_messages.COMPONENT_FINISHED:
      _event(record.args[0])
      if record.args[0] == self._last:
        raise _Finished


def _switch_off(names):
  for name in names:
    module, attribute, value = _NO_PATCH[name]
    setattr(importlib.import_module(module), attribute, value)


def main() -> None:
  """Run one act in this process and print its events."""
  parser = argparse.ArgumentParser()
  parser.add_argument('act', choices=_ACTS)
  parser.add_argument('data')
  parser.add_argument('output_dir')
  parser.add_argument('--model', help='a SavedModel to evaluate')
  parser.add_argument('--off', default='', help='names of patches')
  arguments = parser.parse_args()
  off = {name for name in arguments.off.split(',') if name}
  _switch_off(off & _BEFORE_IMPORTS)
  # pylint: disable=import-outside-toplevel
  import compat
  compat.stub_unused_imports()
  compat.apply_patches()
  importlib.import_module('pipeline.local.run')
  _event('import')
  _switch_off(off - _BEFORE_IMPORTS)
  from absl import logging as absl_logging
  from tfx import v1 as tfx
  logging.getLogger().setLevel(logging.INFO)
  absl_logging.set_verbosity(absl_logging.INFO)  # TFX resets the level of the logger itself
  logging.getLogger().addHandler(_Follower({'data': 'Transform', 'evaluation': 'CheckedEvaluator'}[arguments.act]))
  pipeline = {'data': _data_pipeline, 'evaluation': _evaluation_pipeline}[arguments.act](arguments)
  with contextlib.suppress(_Finished):
    tfx.orchestration.LocalDagRunner().run(pipeline)
  _event('start')


def custom_extractors(**arguments):
  """Return TFMA's own extractors, which take rows apart, and the stage that keeps the scores."""
  # pylint: disable=import-outside-toplevel
  import apache_beam as beam
  import tensorflow_model_analysis as tfma

  from compat import tfma as tfma_compat
  from components.evaluator import score_writer
  extractors = tfma.default_extractors(**arguments)
  batched = tfma_compat.batched_extractors(extractors)

  @beam.ptransform_fn
  def keep_scores(extracts):
    _ = extracts | score_writer.WriteScores()
    return extracts

  stage = tfma.extractors.Extractor('KeepScores', keep_scores())  # pylint: disable=no-value-for-parameter
  return [*batched, stage, *extractors[len(batched):]]


def _data_pipeline(arguments):
  """The pipeline of local runs."""
  # pylint: disable=import-outside-toplevel
  from pipeline import config
  from pipeline import pipeline as pipeline_lib
  return pipeline_lib.create_pipeline(config.PipelineConfig(
      data=arguments.data, output_dir=arguments.output_dir, model='cnn'))


def _evaluation_pipeline(arguments):
  """ExampleGen and an Evaluator of the model."""
  # pylint: disable=import-outside-toplevel
  from tfx import v1 as tfx

  from components.evaluator import component
  from components.imdb_example_gen.component import ImdbExampleGen
  from pipeline import beam_runners
  from pipeline import evaluation
  examples = ImdbExampleGen(arguments.data, '', 0.1, 0.2, '')
  directory = pathlib.Path(arguments.output_dir) / 'model'
  directory.mkdir(parents=True)
  (directory / 'Format-Serving').symlink_to(arguments.model)
  model = tfx.dsl.Importer(str(directory), artifact_type=tfx.types.standard_artifacts.Model).with_id('Model')
  evaluator = component.CheckedEvaluator(
      examples.outputs['examples'], model.outputs['result'], evaluation.eval_config(0, 0, None), 'test', '')
  return tfx.dsl.Pipeline(
      pipeline_name='patches', pipeline_root=os.path.join(arguments.output_dir, 'root'),
      components=[examples, model, evaluator],
      metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
          os.path.join(arguments.output_dir, 'metadata.db')),
      beam_pipeline_args=shlex.split(beam_runners.beam_args(None)))


if __name__ == '__main__':
  main()
