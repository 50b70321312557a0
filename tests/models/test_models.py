"""What holds for every model: trained on a tiny set, exported, and asked for scores."""

import numpy as np
import pytest
import tensorflow as tf

from components.imdb_example_gen import sample
from models import features
from models import inputs
from models import model as model_lib
from models import registry
from models import serving
from models import trainer
from models import training
from tests import transforming

_LENGTH = 40
_STEPS = 60


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  """Transformed examples in a TFRecord file, and the Transform output."""
  directory = tmp_path_factory.mktemp('transform')
  reviews = list(sample.reviews(200, seed=3))
  rows, output = transforming.transform([text.encode() for text, _ in reviews], directory, 2000, _LENGTH)
  path = str(directory / 'examples.gz')
  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for row, (_, label) in zip(rows, reviews):
      values = {**row, features.LABEL: label}
      writer.write(tf.train.Example(features=tf.train.Features(feature={
          key: tf.train.Feature(int64_list=tf.train.Int64List(value=np.ravel(value)))
          for key, value in values.items()})).SerializeToString())
  return path, output


def _train(name, data, model_dir, steps=_STEPS, **changes):
  path, output = data
  model = registry.get(name)
  hparams = model.hparams.replace(
      {'batch_size': 50, 'train_steps': steps, 'max_length': _LENGTH, **changes})
  params = model_lib.Params(hparams, output.vocabulary_size_by_name(features.VOCABULARY), seed=0)
  estimator = trainer.build_estimator(model, params, str(model_dir), 20)
  spec = output.transformed_feature_spec()
  best = training.train(
      estimator, lambda skip: inputs.input_fn(path, spec, 50, 0, skip), lambda: inputs.input_fn(path, spec, 50),
      steps, patience=0)
  return estimator, best


@pytest.fixture(scope='module', params=list(registry.MODELS))
def trained(request, data, tmp_path_factory):
  """(name, directory of the SavedModel, metrics of the best checkpoint on the training data)."""
  directory = tmp_path_factory.mktemp(request.param)
  estimator, best = _train(request.param, data, directory / 'run', learning_rate=0.01)
  serving.export(estimator, data[1], best.path, str(directory / 'model'))
  return request.param, str(directory / 'model'), best.state


def _scores(directory, texts):
  return tf.saved_model.load(directory).signatures['predict_text'](text=tf.constant(texts))['scores'].numpy()[:, 0]


_TEXTS = [b'The plot was great.', b'', b'awful', b'zzz qqq xxx', '\U0001f600 \u6620\u753b'.encode(), b'good ' * 100_000,
          b'The villain is boring, but the cast seemed superb. ' * 9]


def test_the_loss_falls(trained):
  assert trained[2]['average_loss'] < 0.95 * np.log(2)


def test_scores_are_probabilities_whatever_the_text(trained):
  scores = _scores(trained[1], _TEXTS)
  assert scores.dtype == np.float32
  assert np.all(np.isfinite(scores) & (scores > 0) & (scores < 1))


def test_neighbours_batch_size_and_padding_change_nothing(trained):
  together = _scores(trained[1], _TEXTS)
  alone = [_scores(trained[1], [text])[0] for text in _TEXTS]
  shuffled = _scores(trained[1], _TEXTS[::-1])[::-1]
  np.testing.assert_allclose(alone, together, atol=1e-6)
  np.testing.assert_allclose(shuffled, together, atol=1e-6)


def test_every_signature_gives_the_same_score(trained):
  model = tf.saved_model.load(trained[1])
  assert sorted(model.signatures) == ['predict_text', 'serving_default', 'transform_features']
  examples = [tf.train.Example(features=tf.train.Features(feature={
      features.TEXT: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))})).SerializeToString()
              for text in _TEXTS]
  served = model.signatures['serving_default'](examples=tf.constant(examples))
  assert list(served) == [features.SCORES] and served[features.SCORES].shape == (len(_TEXTS), 1)
  np.testing.assert_allclose(served[features.SCORES][:, 0], _scores(trained[1], _TEXTS), atol=1e-6)


def test_the_exported_model_scores_as_the_checkpoint(trained, data):
  name, directory, metrics = trained
  texts, labels = zip(*((text.encode(), label) for text, label in sample.reviews(200, seed=3)))
  scores = _scores(directory, texts)
  loss = -np.mean(np.where(labels, np.log(scores), np.log1p(-scores)))
  np.testing.assert_allclose(loss, metrics['average_loss'], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize('name', registry.MODELS)
def test_a_seed_gives_one_model_and_an_interruption_changes_nothing(name, data, tmp_path):
  _, straight = _train(name, data, tmp_path / 'straight', steps=40)
  _train(name, data, tmp_path / 'stopped', steps=20)
  _, resumed = _train(name, data, tmp_path / 'stopped', steps=40)
  assert resumed.state['average_loss'] == pytest.approx(straight.state['average_loss'], abs=1e-5)


def test_a_loss_that_is_no_number_is_an_error(data, tmp_path):
  with pytest.raises(ValueError, match='not a number'):
    _train('cnn', data, tmp_path, learning_rate='1e38')


def test_training_stops_when_eval_gets_no_better(data, tmp_path):
  path, output = data
  model = registry.get('cnn')
  hparams = model.hparams.replace({'batch_size': 50, 'learning_rate': 0.02})
  params = model_lib.Params(hparams, output.vocabulary_size_by_name(features.VOCABULARY), seed=0)
  estimator = trainer.build_estimator(model, params, str(tmp_path), 10)
  spec = output.transformed_feature_spec()
  flipped = lambda: inputs.input_fn(path, spec, 50).map(lambda x, y: (x, 1 - y))
  best = training.train(estimator, lambda skip: inputs.input_fn(path, spec, 50, 0, skip), flipped, 1000, patience=2)
  assert best.state['last_step'] < 100
  assert best.state['step'] < best.state['last_step']
