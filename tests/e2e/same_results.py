"""Whether two runs give the same: splits, vocabularies, transformed examples, metrics and scores."""

import json
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from components.common import progress_line
from components.evaluator import progress_line as evaluator_progress_line
from components.imdb_example_gen import progress_line as example_gen_progress_line
from models import features
from pipeline.results import metadata
from tests import forks
from tests.e2e import pipeline_runs


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


def load_metrics(output_dir):
  """The metrics of the latest evaluation."""
  store = metadata.Store(str(output_dir))
  return evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).metrics


def _metrics(store):
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  return {f'{key} {name}': value for key, part in found.slices.items() for name, value in part.metrics.items()}


def scores(store, reviews, directory, *flags, anew=False):
  """What predict.py, with `anew` in an interpreter of its own, gives the reviews with the trained model."""
  directory.mkdir()
  (directory / '1').symlink_to(metadata.exported_model(store.latest_execution('Trainer')))
  python = sys.executable if anew else forks.interpreter().executable
  command = [python, pipeline_runs.PROJECT / 'predict.py', '--model-dir', directory,
             '--input', reviews, '--output', directory / 'scored.jsonl', *flags]
  subprocess.run([str(word) for word in command], cwd=pipeline_runs.PROJECT, check=True, capture_output=True)
  return [json.loads(line)['probability'] for line in (directory / 'scored.jsonl').open()]


def assert_same(store, other):
  """The same splits, vocabularies and transformed examples, and the same metrics of what was trained on them."""
  counts = example_gen_progress_line.split_counts(store.latest_execution('ImdbExampleGen'))
  assert counts == example_gen_progress_line.split_counts(other.latest_execution('ImdbExampleGen'))
  vocabularies = _vocabularies(store)
  assert vocabularies and vocabularies == _vocabularies(other)
  for split in ('train', 'eval'):
    (floats, others), (same_floats, same_others) = _transformed(store, split), _transformed(other, split)
    assert len({review for review, _ in others}) == counts[split] and others == same_others
    assert len(floats) == counts[split] and set(floats) == set(same_floats)
    for key, values in floats.items():  # a sum over another batch may differ in its last bit
      assert values == pytest.approx(same_floats[key], abs=1e-6), key
  metrics = _metrics(store)
  assert len(metrics) > 20 and metrics == pytest.approx(_metrics(other), abs=1e-6, nan_ok=True)
