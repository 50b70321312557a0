"""The main job on the real reviews: the figures that the README promises, and the served model on its own."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from models import features
from pipeline import facts
from pipeline import metadata
from tests.e2e import agreement
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.skipif('IMDB_DATA' not in os.environ, reason='IMDB_DATA names no real reviews')


@pytest.mark.parametrize('model, accuracy', [('cnn', 0.86), ('bow_sparse', 0.84)])
def test_a_blessed_model_of_the_promised_accuracy(tmp_path, model, accuracy):
  output_dir = tmp_path / 'output'
  pipeline_runs.run(
      pipeline_runs.PROJECT, '--model', model, '--data', os.environ['IMDB_DATA'], '--output-dir', output_dir)
  store = metadata.Store(str(output_dir))
  found = facts.validation(store.latest('Evaluator'))
  assert found.blessed and found.baseline is None
  assert found.metrics['binary_accuracy'] >= accuracy
  raw = agreement.check(store, 1000)
  texts = [tf.train.Example.FromString(r.numpy()).features.feature[features.TEXT].bytes_list.value[0] for r in raw]
  pushed = shutil.move(facts.pushed_path(store.latest('Pusher')), tmp_path / 'alone' / '1')
  model = tf.saved_model.load(metadata.exported_model(store.latest('Trainer')))
  expected = model.signatures['serving_default'](examples=tf.stack(raw))[features.SCORES]
  # Whatever the pushed model needs is inside of it.
  shutil.rmtree(output_dir)
  model = tf.saved_model.load(str(pushed))
  np.testing.assert_allclose(
      model.signatures['predict_text'](text=tf.constant(texts))[features.SCORES], expected, atol=1e-5)
  liked, hated = pipeline_runs.predict(
      tmp_path / 'alone', 'I really liked the movie!', 'Hated every second of it...', cwd=tmp_path)
  assert liked > 0.5 > hated
