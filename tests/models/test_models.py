"""Properties of every model, trained on a tiny dataset and exported."""

import functools
import itertools
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from models import encoder_export
from models import encoder_files
from models import features
from models import model as model_lib
from models import registry
from models.networks import encoder_scorer
from models.networks import precision
from models.training import exports
from models.training import inputs
from models.training import job
from models.training import loop
from models.training import summaries
from pipeline.sources import sample_data
from tests import encoders
from tests import events
from tests import transforming

pytestmark = pytest.mark.slow

_LENGTH = 40
_STEPS = 80
_VOCABULARY = 500  # fewer than the words of the sample, so that every id occurs

# A model with word vectors has all the code of the one without, as encoder_wide has of wide_deep. The other models of
# the preset tutorial are default models with other settings.
_PRETRAINED_OR_ONLY = [(name, 'default') for name in registry.MODELS
                       if f'{name}_pretrained' not in registry.MODELS and name != 'wide_deep']
# All ways to train: a canned Estimator; word vectors and averaged weights; an encoder and an optimizer for each part.
# What resumes one of them resumes the other models. They come first, so that a test of them alone trains none anew.
_RESUMED = [model for model in _PRETRAINED_OR_ONLY if model[0] in ('bow_sparse', 'cnn_pretrained', 'encoder_wide')]
_MODELS = [*_RESUMED, *(model for model in _PRETRAINED_OR_ONLY if model not in _RESUMED),
           ('bow_sparse', 'tutorial'), ('bow_embeddings', 'tutorial')]
_REVIEWS = [(text.encode(), label) for text, label in sample_data.generate_reviews(200, seed=3)]


class _Data(transforming.Transforms):
  """Transformed examples, and word vectors.

  Attributes:
    word_vectors: path of the word vectors.
    base, classifier: directories of encoders.
  """

  def __init__(self, directory):
    texts, labels = zip(*_REVIEWS)
    super().__init__(directory, texts, labels)
    self.word_vectors = str(directory / 'vectors.npy')
    self.base = encoders.write(directory / 'base', is_classifier=False)
    self.classifier = encoders.write(directory / 'classifier')
    np.save(self.word_vectors, np.random.default_rng(0).normal(size=(_VOCABULARY, 8)).astype(np.float32))


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return _Data(tmp_path_factory.mktemp('transform'))


def _train(name, data, model_dir, preset='default', eval_every=_STEPS // 2, change=lambda *batch: batch,
           on_evaluation=lambda: None, **changes):
  """Train for some steps, and evaluate; returns the Estimator, its best checkpoint, Transform's output."""
  model = registry.get(name, preset)
  # 20 passes over 200 examples are few; and a random encoder needs more than a pre-trained one.
  rate = (200 if name == 'encoder' else 10) * model.hparams.learning_rate
  hparams = model.hparams.replace({
      'vocab_size': _VOCABULARY, 'batch_size': 50, 'train_steps': _STEPS, 'max_length': _LENGTH, 'learning_rate': rate,
      **({'max_pieces': _LENGTH} if model.is_encoder else {}),
      **(dict.fromkeys(('encoder_share', 'short_encoder_share'), 0.1) if name == 'encoder_wide' else {}),  # random
      **changes})
  encoder = {'encoder': data.base, 'encoder_wide': data.classifier}.get(name)
  path, output = data.get(**hparams.preprocessing(), encoder=encoder)
  params = model_lib.Params(
      hparams, output.vocabulary_size_by_name(features.VOCABULARY), seed=0,
      word_vectors=data.word_vectors if model.word_vectors is model_lib.WordVectors.REQUIRED else None, encoder=encoder)
  estimator = job.build_estimator(model, params, str(model_dir), eval_every)
  spec = output.transformed_feature_spec()

  def read_eval():
    on_evaluation()
    return inputs.input_fn(path, spec, 50)

  best = loop.train(
      estimator, lambda skip: inputs.input_fn(path, spec, 50, 0, skip, hparams.bucketing).map(change), read_eval,
      _STEPS, patience=0)
  return estimator, best, output


@pytest.fixture(scope='module', params=_MODELS, ids='-'.join)
def trained(request, data, tmp_path_factory):
  """Train and export; returns (name, directory of the SavedModel, metrics on the training data, preset).

  Beside the SavedModel, `interrupted` is the directory of the training as it was before the first evaluation, of which
  only a model that is to be resumed has two.
  """
  name, preset = request.param
  eval_every = _STEPS // 2 if request.param in _RESUMED else _STEPS
  directory = tmp_path_factory.mktemp(name)
  run, interrupted = directory / 'run', directory / 'interrupted'
  estimator, best, output = _train(
      name, data, run, preset, eval_every,
      on_evaluation=lambda: interrupted.exists() or shutil.copytree(run, interrupted))
  exports.export_saved_model(estimator, output, best.path, str(directory / 'model'))
  return name, str(directory / 'model'), best.state, preset


@functools.lru_cache(maxsize=1)
def _load(directory):
  return tf.saved_model.load(directory)


def _scores(directory, texts):
  return _load(directory).signatures[features.TEXT_SIGNATURE](text=tf.constant(texts))[features.SCORES].numpy()[:, 0]


_TEXTS = [b'The plot was great.', b'', b'awful', b'zzz qqq xxx', '\U0001f600 \u6620\u753b'.encode(), b'good ' * 100_000,
          b'The villain is boring, but the cast seemed superb. ' * 9]


def test_the_loss_falls(trained):
  # An encoder of 8 units that was not pre-trained learns little in 80 steps; see test_encoder.py.
  assert trained[2]['average_loss'] < (0.999 if trained[0] == 'encoder' else 0.995) * np.log(2)


def test_an_encoder_can_be_taken_out_of_its_model(trained, data, tmp_path, monkeypatch):
  name, saved_model = trained[:2]
  if not registry.get(name).is_encoder:
    return
  encoder_export.write_encoder(saved_model, str(tmp_path))
  config = encoder_files.check(str(tmp_path)).config
  if name == 'encoder_wide':
    before, after = (encoder_files.read_weights(path, config) for path in (data.classifier, str(tmp_path)))
    assert all(np.allclose(before[tensor], after[tensor], atol=1e-6) for tensor in before)
    return
  monkeypatch.setattr(precision, 'fast_product_type', lambda: tf.float32)
  texts = [text for text, _ in _REVIEWS[:20]]
  scores = encoder_scorer.load_scorer(str(tmp_path), _LENGTH)(texts)
  np.testing.assert_allclose(scores, _scores(saved_model, texts), atol=1e-5)


def test_scores_are_probabilities_whatever_the_text(trained):
  scores = _scores(trained[1], _TEXTS)
  assert scores.dtype == np.float32
  assert np.all(np.isfinite(scores) & (scores >= 0) & (scores <= 1))


def test_neighbours_batch_size_and_padding_change_nothing(trained):
  together = _scores(trained[1], _TEXTS)
  alone = [_scores(trained[1], [text])[0] for text in _TEXTS]
  shuffled = _scores(trained[1], _TEXTS[::-1])[::-1]
  np.testing.assert_allclose(alone, together, atol=1e-6)
  np.testing.assert_allclose(shuffled, together, atol=1e-6)


def test_all_signatures_return_the_same_score(trained):
  model = _load(trained[1])
  assert sorted(model.signatures) == [
      'count_known_words', 'predict_text', 'serving_default', 'slice_features', 'transform_features']
  examples = [tf.train.Example(features=tf.train.Features(feature={
      features.TEXT: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))})).SerializeToString()
              for text in _TEXTS]
  served = model.signatures[features.SERVING_SIGNATURE](examples=tf.constant(examples))
  assert list(served) == [features.SCORES] and served[features.SCORES].shape == (len(_TEXTS), 1)
  np.testing.assert_allclose(served[features.SCORES][:, 0], _scores(trained[1], _TEXTS), atol=1e-6)


def test_the_exported_model_has_the_loss_of_the_checkpoint(trained):
  name, directory, metrics, _ = trained
  texts, labels = zip(*_REVIEWS)
  scores = _scores(directory, texts)
  loss = -np.mean(np.where(labels, np.log(scores), np.log1p(-scores)))
  np.testing.assert_allclose(loss, metrics['average_loss'], rtol=1e-3, err_msg=name)


def test_summaries_have_the_same_tags_in_training_and_on_eval(trained):
  name, directory, metrics, _ = trained
  run = pathlib.Path(directory).with_name('run')
  training_values, eval_values = events.read(run), events.read(run / 'eval')
  for tag in ('loss', summaries.ACCURACY, summaries.AUC):
    assert tag in training_values and tag in eval_values, name
    assert 0 <= events.number(training_values[tag][1]) <= 1
  assert events.number(eval_values[summaries.ACCURACY][metrics['step']]) == pytest.approx(metrics['accuracy'])
  rates = {tag: events.number(values[1]) for tag, values in training_values.items() if summaries.LEARNING_RATE in tag}
  assert rates and all(tag.startswith(summaries.LEARNING_RATE) and rate > 0 for tag, rate in rates.items())
  curve = tf.make_ndarray(eval_values[summaries.PR_CURVE_TAG][metrics['step']].tensor)
  texts, labels = zip(*_REVIEWS)
  scores, positive = _scores(directory, texts)[:, np.newaxis], np.array(labels)[:, np.newaxis] == 1
  predicted = scores > np.linspace(0, 1, curve.shape[1])
  np.testing.assert_allclose(curve[0], (predicted & positive).sum(axis=0), atol=1)  # scores may equal a threshold
  np.testing.assert_allclose(curve[1], (predicted & ~positive).sum(axis=0), atol=1)


def test_the_graph_has_no_large_constant(trained):
  with tf.io.gfile.GFile(trained[1] + '/saved_model.pb', 'rb') as file:
    graph = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0].graph_def
  constants = [node.attr['value'].tensor for node in graph.node if node.op == 'Const']
  assert constants and max(tf.make_ndarray(constant).size for constant in constants) <= _VOCABULARY


@pytest.mark.parametrize('trained', _RESUMED, ids='-'.join, indirect=True, scope='module')
def test_an_interrupted_training_resumes_to_the_same_model(trained, data):
  name, directory, uninterrupted, preset = trained
  interrupted = pathlib.Path(directory).with_name('interrupted')
  assert tf.train.latest_checkpoint(interrupted) == str(interrupted / f'model.ckpt-{_STEPS // 2}')
  _, resumed, _ = _train(name, data, interrupted, preset)
  assert resumed.state['step'] == _STEPS
  assert resumed.state['average_loss'] == pytest.approx(uninterrupted['average_loss'], abs=1e-5)


@pytest.mark.parametrize('name', ['cnn', 'wide_deep'])  # lstm takes the head and the pseudo-labels of cnn
def test_unlabeled_examples_are_learned_from(name, data, tmp_path):
  options = {'eval_every': _STEPS, 'unlabeled': True, 'learning_rate': 0.01}

  def hide_some(batch, labels):
    is_known = tf.strings.to_hash_bucket_fast(batch[features.REVIEW_ID], 4) > 0
    return batch, tf.where(is_known, labels, features.NO_LABEL)

  _, best, _ = _train(name, data, tmp_path / 'some', change=hide_some, **options)
  assert best.state['average_loss'] < 0.995 * np.log(2)
  hide_all = lambda batch, labels: (batch, tf.fill(tf.shape(labels), np.int64(features.NO_LABEL)))
  _, best, _ = _train(name, data, tmp_path / 'none', change=hide_all, **options)
  assert best.state['average_loss'] > 0.95 * np.log(2)  # there is nothing to learn from


def test_a_loss_of_nan_is_an_error(data, tmp_path):
  with pytest.raises(ValueError, match=r'not a number \(NaN\), so no model was exported: lower the learning rate'):
    _train('cnn', data, tmp_path, learning_rate='1e38')


def _train_for_flipped_labels(data, model_dir, steps, patience, eval_every=20, fail_at=0):
  """Train, and evaluate at intervals on the opposite labels, so that the first evaluations are the best.

  Returns:
    The Estimator and its best checkpoint.
  """
  model = registry.get('bow_embeddings')
  hparams = model.hparams.replace({
      'vocab_size': _VOCABULARY, 'batch_size': 50, 'max_length': _LENGTH, 'learning_rate': 0.02})
  path, output = data.get(**hparams.preprocessing(), encoder=None)
  params = model_lib.Params(hparams, output.vocabulary_size_by_name(features.VOCABULARY), seed=0)
  estimator = job.build_estimator(model, params, str(model_dir), eval_every)
  spec, evaluations = output.transformed_feature_spec(), itertools.count(1)

  def read_flipped():
    if next(evaluations) == fail_at:
      raise OSError('the disk is full')
    return inputs.input_fn(path, spec, 50).map(lambda x, y: (x, 1 - y))

  read_train = lambda skip: inputs.input_fn(path, spec, 50, 0, skip)
  return estimator, loop.train(estimator, read_train, read_flipped, steps, patience)


@pytest.fixture(scope='module')
def uninterrupted(data, tmp_path_factory):
  """The best checkpoint of 40 steps for flipped labels."""
  return _train_for_flipped_labels(data, tmp_path_factory.mktemp('uninterrupted'), 40, 0)[1]


@pytest.mark.parametrize('evaluation', [1, 2])
def test_an_interrupted_evaluation_is_made_up_for(evaluation, data, uninterrupted, tmp_path):
  with pytest.raises(OSError, match='disk'):
    _train_for_flipped_labels(data, tmp_path / 'interrupted', 40, 0, fail_at=evaluation)
  _, best = _train_for_flipped_labels(data, tmp_path / 'interrupted', 40, 0)
  assert best.state == pytest.approx(uninterrupted.state, rel=1e-6)
  assert best.state['last_step'] == 40 and tf.io.gfile.glob(best.path + '.*')


def test_training_stops_early_when_the_eval_loss_stops_falling(data, tmp_path):
  estimator, best = _train_for_flipped_labels(data, tmp_path, 1000, patience=1, eval_every=50)
  assert best.state['last_step'] - best.state['step'] == 100
  assert best.state['last_step'] < 300
  assert estimator.get_variable_value('global_step') == best.state['last_step']  # no step after that evaluation
