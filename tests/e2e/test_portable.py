"""Runs on several Beam workers: of a job service and a worker pool over gRPC, as Flink's, and of one machine."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time

import pytest
import tensorflow as tf

from components.common import progress_line
from components.evaluator import progress_line as evaluator_progress_line
from components.imdb_example_gen import progress_line as example_gen_progress_line
from models import features
from pipeline.results import metadata
from pipeline.sources import sample_data
from tests import forks
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def _service(module, log, flag):
  """Run a module of Beam's that listens on a port; gives HOST:PORT."""
  with socket.socket() as listener:
    listener.bind(('127.0.0.1', 0))
    port = listener.getsockname()[1]
  python = forks.interpreter().executable
  environment = {**os.environ, 'PYTHONPATH': str(pipeline_runs.PROJECT),
                 'PATH': f'{pathlib.Path(python).parent}{os.pathsep}{os.environ["PATH"]}'}
  with log.open('wb') as output:
    process = subprocess.Popen([python, '-m', module, f'{flag}={port}'], env=environment, stdout=output,
                               stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
  try:
    for _ in range(600):
      assert process.poll() is None, log.read_text()
      with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
        break
      time.sleep(0.1)
    yield f'127.0.0.1:{port}'
  finally:
    process.terminate()
    process.wait(30)


def _run(output_dir, reviews, *flags):
  pipeline_runs.run(pipeline_runs.PROJECT, '--data', reviews, '--model', 'ngrams', '--train-steps', 40,
                    '--output-dir', output_dir, *flags, check=None)
  return metadata.Store(str(output_dir))


def _transformed(store, split):
  """{(review, feature): values} of the transformed examples: the floats, and all others."""
  pattern = progress_line.split_path(store.latest_execution('Transform'), 'transformed_examples', split, '*')
  floats, others = {}, {}
  for record in tf.data.TFRecordDataset(tf.io.gfile.glob(pattern), 'GZIP').as_numpy_iterator():
    found = tf.train.Example.FromString(record).features.feature
    review, = found[features.REVIEW_ID].bytes_list.value
    for name, feature in found.items():
      kind = feature.WhichOneof('kind')
      (floats if kind == 'float_list' else others)[review, name] = list(getattr(feature, kind).value)
  return floats, others


def _vocabularies(store):
  folder = pathlib.Path(store.latest_execution('Transform').uri('transform_graph'), 'transform_fn', 'assets')
  return {path.name: path.read_bytes() for path in folder.iterdir()}


def _metrics(store):
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  return {f'{key} {name}': value for key, part in found.slices.items() for name, value in part.metrics.items()}


def _scores(store, reviews, directory, *flags):
  """What predict.py gives the reviews with the trained model."""
  directory.mkdir()
  (directory / '1').symlink_to(metadata.exported_model(store.latest_execution('Trainer')))
  command = [forks.interpreter().executable, pipeline_runs.PROJECT / 'predict.py', '--model-dir', directory,
             '--input', reviews, '--output', directory / 'scored.jsonl', *flags]
  subprocess.run([str(word) for word in command], cwd=pipeline_runs.PROJECT, check=True, capture_output=True)
  return [json.loads(line)['probability'] for line in (directory / 'scored.jsonl').open()]


def _assert_same(store, other):
  """The same splits, vocabularies and transformed examples, and the same metrics of what was trained on them."""
  counts = example_gen_progress_line.split_counts(store.latest_execution('ImdbExampleGen'))
  assert counts == example_gen_progress_line.split_counts(other.latest_execution('ImdbExampleGen'))
  vocabularies = _vocabularies(store)
  assert len(vocabularies) > 1 and vocabularies == _vocabularies(other)
  for split in ('train', 'eval'):
    (floats, others), (same_floats, same_others) = _transformed(store, split), _transformed(other, split)
    assert len({review for review, _ in others}) == counts[split] and others == same_others
    assert len(floats) == counts[split] and set(floats) == set(same_floats)
    for key, values in floats.items():  # a sum over another batch may differ in its last bit
      assert values == pytest.approx(same_floats[key], abs=1e-6), key
  metrics = _metrics(store)
  assert len(metrics) > 20 and metrics == pytest.approx(_metrics(other), abs=1e-6, nan_ok=True)


@pytest.fixture(scope='module')
def reviews(tmp_path_factory):
  directory = tmp_path_factory.mktemp('reviews')
  for seed in range(3):
    sample_data.write_sample(str(directory / f'{seed}.jsonl.gz'), 170, seed)
  return directory


@pytest.fixture(scope='module')
def direct(reviews, tmp_path_factory):
  """A run in one process."""
  return _run(tmp_path_factory.mktemp('direct') / 'output', reviews)


def test_workers_elsewhere_give_what_one_process_gives(reviews, direct, tmp_path):
  with _service('apache_beam.runners.portability.local_job_service_main', tmp_path / 'jobs.log', '--port') as jobs:
    with _service('apache_beam.runners.worker.worker_pool_main', tmp_path / 'pool.log', '--service_port') as pool:
      flags = ['--beam', 'portable', f'--beam-arg=--job_endpoint={jobs}', '--beam-arg=--environment_type=EXTERNAL',
               f'--beam-arg=--environment_config={pool}']
      portable = _run(tmp_path / 'portable', reviews, *flags)
      scores = _scores(portable, reviews / '0.jsonl.gz', tmp_path / 'scored by workers', '--batch', *flags)
  started = (tmp_path / 'pool.log').read_text().count('Starting worker with command')
  assert started >= 5  # ExampleGen, StatisticsGen, Transform, Evaluator and BulkInferrer at least
  _assert_same(portable, direct)
  assert scores == pytest.approx(_scores(direct, reviews / '0.jsonl.gz', tmp_path / 'scored here'), abs=1e-6)


def test_several_processes_give_what_one_gives(reviews, direct, tmp_path):
  flags = '--beam', 'multiprocess', '--beam-arg=--direct_num_workers=2'
  _assert_same(_run(tmp_path / 'output', reviews, *flags), direct)
