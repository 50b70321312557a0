"""The main job on the real reviews: a model of the accuracy that it is to have, and the served model on its own."""

import json
import os
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from components.behaviour_validator import cases
from components.behaviour_validator import results
from components.evaluator import progress_line as evaluator_progress_line
from components.versioned_pusher import progress_line as pusher_progress_line
from models import features
from pipeline.results import metadata
from tests.e2e import agreement
from tests.e2e import pipeline_runs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif('IMDB_DATA' not in os.environ, reason='IMDB_DATA names no real reviews')]


@pytest.fixture(scope='module', name='output_dir')
def _output_dir(tmp_path_factory):
  """Output directory of the default model, after a third of its steps: so it reads less well than it is to."""
  output_dir = tmp_path_factory.mktemp('real') / 'output'
  pipeline_runs.run(pipeline_runs.PROJECT, '--data', os.environ['IMDB_DATA'], '--output-dir', output_dir,
                    '--train-steps', 600, '--set', 'min_negation=0.65', '--set', 'min_fairness=0.85')
  return output_dir


def test_the_model_has_the_expected_accuracy(output_dir):
  found = evaluator_progress_line.load_evaluation(metadata.Store(str(output_dir)).latest_execution('Evaluator'))
  assert found.blessed and found.baseline is None
  assert found.metrics['binary_accuracy'] >= 0.89


def test_the_model_behaves(output_dir, capsys):
  report = metadata.Store(str(output_dir)).latest_execution('BehaviourValidator').uri('report')
  found = json.loads(pathlib.Path(report, results.REPORT_FILE).read_text())
  with capsys.disabled():
    for capability, part in found['capabilities'].items():
      print(f'\n{capability}: {part["pass_rate"]:.1%} of {part["count"]} pass (threshold {part["threshold"]:.0%}); '
            + ', '.join(f'{test} {each["pass_rate"]:.1%}' for test, each in part['tests'].items()))
  assert found['blessed'] and set(found['capabilities']) == set(cases.CAPABILITIES)


def test_the_pushed_model_scores_alone_as_it_was_trained(output_dir, tmp_path):
  store = metadata.Store(str(output_dir))
  raw = agreement.check(store, 1000)
  texts = [tf.train.Example.FromString(r.numpy()).features.feature[features.TEXT].bytes_list.value[0] for r in raw]
  pushed = pusher_progress_line.pushed_path(store.latest_execution('Pusher'))
  pushed = shutil.copytree(pushed, tmp_path / 'alone' / '1')
  model = tf.saved_model.load(metadata.exported_model(store.latest_execution('Trainer')))
  expected = model.signatures['serving_default'](examples=tf.stack(raw))[features.SCORES]
  # Whatever the pushed model needs is inside of it.
  hidden = output_dir.rename(output_dir.with_name('hidden'))
  try:
    model = tf.saved_model.load(str(pushed))
    np.testing.assert_allclose(
        model.signatures['predict_text'](text=tf.constant(texts))[features.SCORES], expected, atol=1e-5)
    liked, hated = pipeline_runs.predict(
        tmp_path / 'alone', 'I really liked the movie!', 'Hated every second of it...', cwd=tmp_path)
  finally:
    hidden.rename(output_dir)
  assert liked > 0.5 > hated
