"""Fixtures that several tests share, and which worker runs what when."""

import os
import pathlib
import sys
from typing import NamedTuple

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import pytest
from xdist import scheduler

from compat import beam
from compat import cpython
from pipeline.sources import sample_data
from tests import slow
from tests.e2e import pipeline_runs

slow.install()
cpython.collect_garbage_less_often()  # as runs do: it saves a tenth of the time of tests of Beam

# What takes longest comes first, so that the workers end together. The files of a line share a run of the pipeline: one
# worker gets them.
_LONG = (
    ('tests/e2e/test_pipeline.py',),
    ('tests/e2e/test_portable.py', 'tests/faults/test_interrupt.py', 'tests/faults/test_environment.py'),
    ('tests/e2e/test_real_data.py',),
    ('tests/e2e/test_comparison.py', 'tests/pipeline/test_tensorboard.py', 'tests/notebooks/test_notebooks.py'),
    ('tests/models/test_models.py',),
    ('tests/kubeflow/test_packages_v1.py', 'tests/kubeflow/test_packages_v2.py'),
    ('tests/test_doc_commands.py',),
    ('tests/e2e/test_encoder_runs.py',),
    ('tests/faults/test_machine.py',),
    ('tests/faults/test_parameters.py',),
    ('tests/models/test_distributed.py',),
    ('tests/faults/test_texts.py',),
    ('tests/components/test_gate_table.py',),
    ('tests/faults/test_imbalance.py',),
)
_FIRST_OF_LINE = {file: files[0] for files in _LONG for file in files}


def _file(nodeid):
  return nodeid.partition('::')[0]


# What uses one of these fixtures is slow: they run the pipeline, a server, commands of the documentation, or train or
# evaluate a model.
_SLOW_FIXTURES = {
    'compared', 'undisturbed', 'server', 'start', 'shell', 'exported', 'measured'}


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items):
  for item in items:
    if _SLOW_FIXTURES & set(item.fixturenames):
      item.add_marker(pytest.mark.slow)
  order = {file: place for place, file in enumerate(_FIRST_OF_LINE)}
  items.sort(key=lambda item: order.get(_file(item.nodeid), len(order)))


def pytest_make_parametrize_id(val):
  """Name binary values by their size: compressed ones hold the time, and workers must collect the same names."""
  return f'{len(val)}-bytes' if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()) else None


def pytest_collection_finish():
  slow.watch_runs_in_process()
  if 'apache_beam' in sys.modules:
    beam.apply_patches()  # as runs do


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
  with slow.watch(item):
    return (yield)


class _ByLine(scheduler.LoadFileScheduling):
  """Gives a worker whole files, and all files of a line."""

  def _split_scope(self, nodeid):
    return _FIRST_OF_LINE.get(_file(nodeid), _file(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
  return _ByLine(config, log)


SECRET = 'geheim-5f3a9c'


class Undisturbed(NamedTuple):
  """A run: what to give local_runner.py for another one like it, its output directory, and what it printed."""

  flags: tuple
  output_dir: pathlib.Path
  output: str


@pytest.fixture(scope='session')
def undisturbed(tmp_path_factory):
  """An ngrams that was trained without a break, in one process, whose environment holds secrets.

  Tests of interruptions, of other environments and of Beam's workers elsewhere compare their runs with it.
  """
  top = tmp_path_factory.mktemp('undisturbed')
  (top / 'reviews').mkdir()
  for seed in range(3):
    sample_data.write_sample(str(top / 'reviews' / f'{seed}.jsonl.gz'), 170, seed)
  flags = ('--data', top / 'reviews', '--model', 'ngrams', '--train-steps', 100,
           '--set', 'ngrams.eval_every=40', '--set', 'ngrams.patience=0', '--set', 'min_accuracy=0.5',
           '--set', 'min_auc=0.5', '--domain', 'none')
  with pytest.MonkeyPatch.context() as patch:
    for name in ('AWS_SECRET_ACCESS_KEY', 'GOOGLE_API_KEY', 'HF_TOKEN', 'PASSWORD'):
      patch.setenv(name, SECRET)
    patch.setenv('HTTPS_PROXY', f'http://me:{SECRET}@127.0.0.1:9')
    output = pipeline_runs.run(
        pipeline_runs.PROJECT, *flags, '--output-dir', top / 'output', cwd='/', check=None)
  return Undisturbed(flags, top / 'output', output)


class Compared(NamedTuple):
  """A comparison of models.

  Attributes:
    output_dir: of all runs.
    flags: for another run of one of the models.
    comparison: more flags, for the same comparison again.
    output: what it printed.
  """

  output_dir: pathlib.Path
  flags: tuple
  comparison: tuple
  output: str


@pytest.fixture(scope='session')
def compared(tmp_path_factory):
  """Small models that were compared on sample data; each is good enough to be pushed."""
  top = tmp_path_factory.mktemp('compared')
  sample_data.write_sample(str(top / 'reviews.jsonl.gz'), 600)
  models = 'bow_sparse', 'bow_embeddings', 'cnn', 'cnn_pretrained'
  thresholds = ('min_accuracy=0.1', 'min_auc=0.1', 'min_slice_accuracy=none', 'min_invariance=0', 'min_direction=0',
                'reads=none', 'min_minimum_functionality=0', 'decision=f1')
  doses = [f'cnn.augment_{kind}=0.2' for kind in ('negation', 'snippets', 'mentions')]
  settings = ('cnn.batch_size=20', *doses, *(f'{name}.eval_every=60' for name in models))
  flags = ('--data', top / 'reviews.jsonl.gz', '--output-dir', top / 'output', '--train-steps', 120,
           '--ignore-baseline', *(word for threshold in thresholds for word in ('--set', threshold)))
  comparison = '--compare', ','.join(models), *(word for setting in settings for word in ('--set', setting))
  return Compared(
      top / 'output', flags, comparison, pipeline_runs.run(pipeline_runs.PROJECT, *flags, *comparison))
