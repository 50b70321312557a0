"""Ninety-nine negative reviews for each positive one: a high accuracy alone does not get a model pushed."""

import itertools
import json

import pytest

from pipeline.sources import sample_data
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow


def test_a_model_that_knows_only_the_larger_class_is_refused(tmp_path):
  shares = {0: 5_940, 1: 60}
  labelled = {label: (text for text, own in sample_data.generate_reviews(13_000) if own == label) for label in shares}
  data = tmp_path / 'imbalanced.jsonl'
  with data.open('w') as file:
    for label, count in shares.items():
      for text in itertools.islice(labelled[label], count):
        file.write(json.dumps({'text': text[:300], 'label': label}) + '\n')

  output = pipeline_runs.run(
      pipeline_runs.PROJECT, '--data', data, '--model', 'bow_sparse', '--train-steps', 60, '--output-dir',
      tmp_path / 'out', check=3)

  lines = {line.split()[0]: line for line in output.splitlines() if line.startswith('  ')}
  assert 0.5 < float(lines['StatisticsGen'].split('train: ')[1].split('%')[0]) < 1.5
  evaluator = lines['Evaluator'].split()
  assert float(evaluator[evaluator.index('accuracy') + 1].rstrip(',')) > 0.97
  assert 'NOT blessed: auc' in lines['Evaluator']
  assert 'Not pushed; no version is live' in lines['Pusher']
  assert not (tmp_path / 'out' / 'serving').exists()
