"""The Evaluator keeps a score for each review, and compares a candidate with pushed versions review by review."""

import os

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import artifact_utils
from tfx.utils import json_utils
from tfx.utils import proto_utils

from components.common import artifacts
from components.common import evaluation_results
from components.common import evaluation_summary
from components.common import examples
from components.common import review_scores
from components.common import version_comparison
from components.evaluator import executor
from pipeline import evaluation

_types = tfx.types.standard_artifacts
_COUNT = 400


class _Model(tf.Module):
  """Scores a text by the number in it: right for those below `errors_from`, and for others not."""

  def __init__(self, errors_from, invalid_from):
    super().__init__()
    self._errors_from, self._invalid_from = tf.Variable(errors_from), tf.Variable(invalid_from)

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'text')])
  def predict_text(self, text):
    number = tf.strings.to_number(tf.strings.split(text, ' ').to_tensor()[:, 1], tf.int32)
    scores = tf.where(tf.equal(number % 2 == 1, number < self._errors_from), 0.9, 0.1)
    return {'scores': tf.where(number < self._invalid_from, scores, np.nan)[:, tf.newaxis]}

  def _texts(self, examples_):
    return tf.io.parse_example(examples_, {'text': tf.io.FixedLenFeature([], tf.string)})['text']

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  def serving_default(self, examples):  # pylint: disable=redefined-outer-name
    return self.predict_text(self._texts(examples))

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  def slice_features(self, examples):  # pylint: disable=redefined-outer-name
    texts = self._texts(examples)
    return {'length_bucket': tf.fill(tf.shape(texts), '0-99 words'), 'oov_bucket': tf.fill(tf.shape(texts), '0-1 %')}


def _save(directory, errors_from=_COUNT, invalid_from=_COUNT):
  model = _Model(errors_from, invalid_from)
  tf.saved_model.save(model, str(directory), signatures={
      name: getattr(model, name) for name in ('predict_text', 'serving_default', 'slice_features')})
  return directory


class _Place:
  """Examples, and evaluations of models on them."""

  def __init__(self, top):
    self._top = top
    self.examples = self.write_examples('examples', range(_COUNT))

  def write_examples(self, name, numbers):
    directory = self._top / name / 'Split-test'
    directory.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(directory / 'data.gz'), 'GZIP') as writer:
      for number in numbers:
        writer.write(examples.encode_example(
            f'review {number} of a film'.encode(), number % 2, 0, f'id {number}').SerializeToString())
    return self._artifact(_types.Examples, directory.parent, split_names=artifact_utils.encode_split_names(['test']))

  @staticmethod
  def _artifact(kind, directory, **fields):
    made = kind()
    made.uri = str(directory)
    for name, value in fields.items():
      setattr(made, name, value)
    return made

  def evaluate(self, name, versions=None, **model):
    """Run the executor; returns the directory of the evaluation, and whether the model is blessed."""
    _save(self._top / name / 'model' / 'Format-Serving', **model)
    outputs = {'evaluation': _types.ModelEvaluation, 'blessing': _types.ModelBlessing}
    given = {key: self._artifact(kind, self._top / name / key) for key, kind in outputs.items()}
    for each in given.values():
      os.makedirs(each.uri)
    executor.Executor(executor.Executor.Context(
        beam_pipeline_args=[], tmp_dir=str(self._top / name / 'tmp'), unique_id='1')).Do(
            {'examples': [self.examples], 'model': [self._artifact(_types.Model, self._top / name / 'model')],
             **{role: [version] for role, version in (versions or {}).items()}},
            {key: [value] for key, value in given.items()}, {
                'eval_config': proto_utils.proto_to_json(evaluation.eval_config(0.5, 0.5, 0.5)),
                'example_splits': json_utils.dumps(['test']), 'fairness_indicator_thresholds': 'null',
                'ignore_baseline': 0, 'max_accuracy_drop': 0.01, 'code': '1'})
    assert os.listdir(given['blessing'].uri) == [
        'BLESSED' if given['blessing'].get_int_custom_property('blessed') else 'NOT_BLESSED']
    return given['evaluation'].uri, bool(given['blessing'].get_int_custom_property('blessed'))


def _version(path, number='7', sha256='a'):
  version = artifacts.ServedVersion()
  for name, value in (('path', path), ('version', number), ('sha256', sha256), ('model', 'cnn'), ('model_uri', 'uri')):
    version.set_string_custom_property(name, str(value))
  return version


@pytest.fixture(scope='module', name='place')
def _place(tmp_path_factory):
  return _Place(tmp_path_factory.mktemp('evaluations'))


@pytest.fixture(scope='module', name='evaluated')
def _evaluated(place):
  """Of a model that is right in 95 %, with the first 380 reviews right."""
  return place.evaluate('first', errors_from=380)


@pytest.mark.slow
def test_a_score_is_kept_for_each_review(place, evaluated):
  directory, blessed = evaluated
  scores = review_scores.read_scores(os.path.join(directory, review_scores.FILE))
  assert blessed and len(scores.score) == _COUNT
  assert set(scores.review_id) == {f'id {number}' for number in range(_COUNT)}
  assert scores.is_correct.mean() == 0.95
  assert scores.data_hash == review_scores.hash_split(place.examples.uri, 'test')
  found = evaluation_results.load_evaluation(directory)
  assert found.metrics['binary_accuracy'] == pytest.approx(0.95) and found.comparison.compared == ()
  assert review_scores.area_under_roc(scores) == pytest.approx(found.metrics['auc'], abs=2e-3)
  assert not [part.name for part in found.slices.values() if part.name.startswith('rating')]  # none has one
  assert [row['slices'] for row in evaluation_summary.read_summary(directory)['thresholds']] == [
      None, None, 'length_bucket', 'oov_bucket']


@pytest.mark.slow
def test_scores_that_are_not_finite_are_a_verdict(place):
  directory, blessed = place.evaluate('broken', invalid_from=300)
  found = evaluation_results.load_evaluation(directory)
  assert not blessed
  assert found.failures[0].startswith('100 of 400 scores are not finite or not from 0 to 1: train again')
  assert found.metrics['binary_accuracy'] == pytest.approx(0.75)  # each counts as an error
  assert np.isfinite(list(found.metrics.values())).all()


@pytest.mark.slow
def test_a_version_without_scores_is_scored_once(place, tmp_path):
  """As versions of an earlier release are; the second version has its own scores of the same reviews."""
  served = _version(_save(tmp_path / '7'))
  best = _version(tmp_path / '8', '8', 'b')
  os.makedirs(tmp_path / '8' / 'assets.extra')
  review_scores.write_scores([review_scores.score_split(str(tmp_path / '7'), place.examples.uri, 'test')],
                             review_scores.path_in_version(str(tmp_path / '8')))
  directory, blessed = place.evaluate('second', {'baseline': served, 'best': best}, errors_from=380)
  found = evaluation_results.load_evaluation(directory)
  assert [(each.role, each.rescored) for each in found.comparison.compared] == [('baseline', True), ('best', False)]
  for each in found.comparison.compared:
    assert (each.accuracy, each.only_candidate, each.only_version) == (1.0, 0, 20)
    assert each.difference == pytest.approx(-0.05) and each.interval[1] < 0
  assert not blessed and len(found.failures) == 2
  assert found.failures[0].startswith(
      'accuracy 0.9500 is more than 0.01 below that of the served version 7 (cnn), 1.0000 ('
      '-0.0500, 95 % interval -0.0')
  assert '--set max_accuracy_drop=0.05' in found.failures[0] and 'best version kept 8' in found.failures[1]
  assert found.baseline == {'binary_accuracy': 1.0, 'auc': 1.0}
  rows = [row for row in evaluation_summary.read_summary(directory)['thresholds'] if row['kind'].startswith('change')]
  assert [(row['bound'], row['met']) for row in rows] == [(-0.01, False)] * 2


def test_a_version_that_cannot_be_scored_is_named(place, tmp_path):
  scores = review_scores.ReviewScores(*[np.array([])] * 4)
  message = f'the served version, {tmp_path}/9, cannot be scored .OSError.*evaluate without it: --ignore-baseline'
  with pytest.raises(ValueError, match=message):
    executor._compare('baseline', _version(tmp_path / '9'), scores, place.examples.uri, 'test')


def _compared(difference, interval):
  return version_comparison.Compared('best', 7, '', 'a', '', 0.9, 0.9, difference, interval, 0.5, 1, 1, False)


@pytest.mark.parametrize('difference, interval, max_drop, too_low', [
    (-0.0221, (-0.03, -0.014), 0.01, True), (-0.0221, (-0.03, -0.014), 0.03, False),
    (-0.0221, (-0.06, 0.01), 0.01, False),  # may be chance
    (-0.009, (-0.012, -0.006), 0.01, False), (0.1, (0.05, 0.15), 0.0, False), (-0.5, (-0.6, -0.4), None, False)])
def test_a_large_and_certain_drop_refuses(difference, interval, max_drop, too_low):
  assert _compared(difference, interval).is_too_low(max_drop) == too_low


def test_the_order_of_reviews_does_not_matter(place, tmp_path):
  path = str(tmp_path / 'scores.parquet')
  ids, hashes = np.array(['b', 'a', 'a'], object), np.array([5, 3, 3], np.uint64)
  labels, scores = np.array([1, 0, 1]), np.array([0.9, np.nan, 1.5], np.float32)
  rows = review_scores.ReviewScores(ids, hashes, labels, scores)
  review_scores.write_scores([review_scores.ReviewScores(*(column[[part]] for column in rows)) for part in (2, 0, 1)],
                             path)
  read = review_scores.read_scores(path)
  assert read.text_hash.tolist() == [3, 3, 5] and read.label.tolist() == [0, 1, 1]
  assert read.is_correct.tolist() == [False, False, True] and read.is_valid.tolist() == [False, False, True]
  assert read.data_hash == review_scores.hash_data(hashes, labels) != review_scores.hash_data(hashes, 1 - labels)
  (tmp_path / 'scores.parquet').write_text('damaged')
  assert review_scores.read_scores(path) is None and review_scores.read_scores(str(tmp_path / 'missing')) is None
  other = place.write_examples('reversed', reversed(range(_COUNT)))
  assert review_scores.hash_split(other.uri, 'test') == review_scores.hash_split(place.examples.uri, 'test')
