"""The main job on the real reviews: the figures that the README promises, and the served model on its own."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from components.evaluator import progress_line as evaluator_progress_line
from components.versioned_pusher import progress_line as pusher_progress_line
from models import features
from pipeline.results import metadata
from tests.e2e import agreement
from tests.e2e import pipeline_runs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif('IMDB_DATA' not in os.environ, reason='IMDB_DATA names no real reviews')]


def _check(output_dir, accuracy, directory):
  """The latest model is blessed, as good as it is to be, and alone, without its run, scores as it was trained to."""
  store = metadata.Store(str(output_dir))
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  assert found.blessed and found.baseline is None
  assert found.metrics['binary_accuracy'] >= accuracy
  raw = agreement.check(store, 1000)
  texts = [tf.train.Example.FromString(r.numpy()).features.feature[features.TEXT].bytes_list.value[0] for r in raw]
  pushed = pusher_progress_line.pushed_path(store.latest_execution('Pusher'))
  pushed = shutil.copytree(pushed, directory / 'alone' / '1')
  model = tf.saved_model.load(metadata.exported_model(store.latest_execution('Trainer')))
  expected = model.signatures['serving_default'](examples=tf.stack(raw))[features.SCORES]
  # Whatever the pushed model needs is inside of it.
  hidden = output_dir.rename(output_dir.with_name('hidden'))
  try:
    model = tf.saved_model.load(str(pushed))
    np.testing.assert_allclose(
        model.signatures['predict_text'](text=tf.constant(texts))[features.SCORES], expected, atol=1e-5)
    liked, hated = pipeline_runs.predict(
        directory / 'alone', 'I really liked the movie!', 'Hated every second of it...', cwd=directory)
  finally:
    hidden.rename(output_dir)
  assert liked > 0.5 > hated


def test_blessed_models_of_the_promised_accuracy(real_run, tmp_path):
  output_dir, _ = real_run
  _check(output_dir, 0.88, tmp_path / 'bow_sparse')
  # The first model's data is reused.
  pipeline_runs.run(pipeline_runs.PROJECT, '--model', 'cnn', '--data', os.environ['IMDB_DATA'], '--output-dir',
                    output_dir, '--ignore-baseline', '--set', 'reads=none')
  _check(output_dir, 0.87, tmp_path / 'cnn')
