"""Parameters at their ends: a clear refusal, or a model that works."""

import numpy as np
import pytest
import tensorflow as tf

from models import features
from models import model as model_lib
from models import registry
from models.training import exports
from models.training import inputs
from models.training import job
from models.training import loop
from pipeline import config
from pipeline.local import memory
from tests import transforming

_REVIEWS = [(b'a good film', 1), (b'a bad film', 0)] * 20


@pytest.fixture(scope='module', name='transforms')
def _transforms(tmp_path_factory):
  texts, labels = zip(*_REVIEWS)
  return transforming.Transforms(tmp_path_factory.mktemp('transforms'), texts, labels)


def _hparams(name, max_length):
  """Hyper-parameters with room for more n-grams than there are, but not for the default number of their weights."""
  sizes = {'vocab_size': 1000, **({'ngrams': 1000} if name == 'wide_deep' else {})}
  return registry.get(name).hparams.replace({'max_length': max_length, 'batch_size': 10, **sizes})


@pytest.mark.slow
@pytest.mark.parametrize('name, max_length, vocab_size', [
    ('cnn', 1, 1000), ('lstm', 1, 1000),
    *((name, 50, 4) for name in ('bow_embeddings', 'lstm', 'wide_deep'))])  # wide_deep has parts of ngrams and the cnn
def test_hardly_any_words_still_make_a_model_that_serves(name, max_length, vocab_size, transforms, tmp_path):
  hparams = _hparams(name, max_length)
  path, output = transforms.get(**{**hparams.preprocessing(), 'vocab_size': vocab_size})
  size = output.vocabulary_size_by_name(features.VOCABULARY)
  estimator = job.build_estimator(
      registry.get(name), model_lib.Params(hparams, vocab_size=size, seed=0), str(tmp_path / 'run'), 10)
  spec = output.transformed_feature_spec()
  best = loop.train(
      estimator, lambda skip: inputs.input_fn(path, spec, 10, 0, skip), lambda: inputs.input_fn(path, spec, 10), 10, 0)
  exports.export_saved_model(estimator, output, best.path, str(tmp_path / 'model'))
  score = tf.saved_model.load(str(tmp_path / 'model')).signatures[features.TEXT_SIGNATURE]
  found = score(text=tf.constant([b'', b'good', b'word ' * 100_000]))[features.SCORES].numpy()
  assert np.isfinite(found).all() and ((0 <= found) & (found <= 1)).all()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['bow_sparse', 'bow_embeddings', 'ngrams'])  # wide_deep's n-grams are those of ngrams
def test_no_room_for_an_ngram_is_refused(name, transforms):
  with pytest.raises(Exception, match='no n-gram occurs in . train examples or more: lower min_reviews, or raise'):
    transforms.get(**_hparams(name, max_length=1).preprocessing())


@pytest.mark.parametrize('settings, message', [
    ({'cnn.max_length': '0'}, 'cnn: max_length must be at least 1, not 0'),
    ({'cnn.vocab_size': '3'}, 'cnn: vocab_size must be at least 4, not 3'),
    ({'cnn.batch_size': '-5'}, 'cnn: batch_size must be at least 1, not -5'),
    ({'cnn.train_steps': '0'}, 'cnn: train_steps must be at least 1'),
    ({'cnn.learning_rate': '-1'}, 'cnn: learning_rate must be above 0'),
    ({'cnn.learning_rate': 'inf'}, 'cnn: learning_rate must be above 0 and finite, not inf'),
    ({'cnn.train_steps': '9' * 20}, 'cnn: train_steps must be at most 2147483647'),
    ({'cnn.learning_rate': 'nan'}, 'cnn: learning_rate must be above 0'),
    ({'cnn.dropout': '1.5'}, 'cnn: dropout must be from 0 to'),
    ({'cnn.filters': 'many'}, "cnn: filters must be a whole number, not 'many'"),
    ({'cnn.kernel_sizes': '0'}, 'cnn: kernel_sizes'),
])
def test_absurd_hyper_parameters_are_refused(settings, message):
  with pytest.raises(ValueError, match=message):
    config.PipelineConfig(data='reviews.csv', output_dir='output', model='cnn').with_settings(settings).check()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['bow_sparse', 'cnn', 'wide_deep'])
def test_the_default_models_fit_into_little_memory(name):
  model = registry.get(name)
  assert 10e6 < memory.estimate_bytes(model, model.hparams) < 1e9


@pytest.mark.parametrize('key', ['max_length', 'vocab_size', 'batch_size', 'filters', 'hidden', 'embedding_dim'])
def test_a_hyper_parameter_beyond_the_memory_is_refused(key):
  asked = config.PipelineConfig(data='reviews.csv', output_dir='output', model='cnn', hparams={key: 1_000_000_000})
  with pytest.raises(ValueError, match=f'cnn: {key} 1000000000 would take .* GB are available here: choose a lower'):
    memory.check_memory(asked)


def test_memory_is_checked_only_where_it_may_be_needed(monkeypatch):
  monkeypatch.setattr(memory, 'estimate_bytes', None)  # would fail if it were called
  changes = {'train_steps': 2_000_000_000, 'eval_every': 7, 'learning_rate': 0.1, 'bucketing': True}
  memory.check_memory(config.PipelineConfig(data='reviews.csv', output_dir='output', model='cnn', hparams=changes))


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
  (tmp_path / 'memory.max').write_text('123000000\n')
  monkeypatch.setattr(memory, '_LIMITS', (str(tmp_path / 'memory.max'), '/nowhere'))
  assert memory.available_bytes() == 123_000_000
  (tmp_path / 'memory.max').write_text('max\n')
  assert memory.available_bytes() > 123_000_000
