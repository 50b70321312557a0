"""The encoder's network: equal to a forward pass in NumPy, whatever the padding, the batch and the order."""

import os
import re

import numpy as np
import pytest
import tensorflow as tf

from models import encoder_files
from models import features
from models import model as model_lib
from models.networks import encoder
from models.networks import precision
from models.networks import transformer
from models.text import wordpiece
from models.training import learning_rate
from models.training import optimizers
from tests import encoders

_MODES = tf.estimator.ModeKeys


@pytest.fixture(scope='module')
def directory(tmp_path_factory):
  return encoders.write(tmp_path_factory.mktemp('encoder') / 'bert')


def _texts(count, longest=40, seed=0):
  random = np.random.default_rng(seed)
  return [random.integers(4, len(encoders.PIECES), size).tolist() for size in random.integers(1, longest, count)]


def _pad(texts, width):
  padded = [text + [0] * (width - len(text)) for text in texts]
  return {features.WORDPIECES: np.array(padded, np.int64).reshape(-1, width),
          features.WORDPIECE_LENGTH: np.array(list(map(len, texts)), np.int64)}


def _scores(directory, batches, mode=_MODES.PREDICT, pieces_at_once=64):
  """Return the scores of batches of features, by the graph of one mode."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    config = encoder_files.read_config(directory)
    with tf.compat.v1.variable_scope('encoder'):
      network = transformer.Transformer(config, 0, 0.0, mode, 0)
    scaffold = encoder.initializing_scaffold(network.variables, directory, config)
    pieces, lengths = tf.compat.v1.placeholder(tf.int64, [None, None]), tf.compat.v1.placeholder(tf.int64, [None])
    logits = (network.logits(pieces, lengths) if mode == _MODES.TRAIN
              else encoder.score_in_parts(network.logits, pieces, lengths, pieces_at_once))
    scores = tf.sigmoid(logits)
    session.run(tf.compat.v1.global_variables_initializer())
    scaffold.init_fn(session)
    return [session.run(scores, {pieces: batch[features.WORDPIECES], lengths: batch[features.WORDPIECE_LENGTH]})[:, 0]
            for batch in batches]


@pytest.mark.parametrize('write', [encoders.write, encoders.write_distilbert])
@pytest.mark.parametrize('mode', [_MODES.PREDICT, _MODES.TRAIN])
def test_scores_equal_a_forward_pass_in_float64(write, mode, tmp_path):
  directory, texts = write(tmp_path / 'encoder'), _texts(20)
  expected = [encoders.score(directory, text) for text in texts]
  assert np.std(expected) > 0.01
  np.testing.assert_allclose(_scores(directory, [_pad(texts, 40)], mode)[0], expected, atol=1e-5)


def test_padding_neighbours_and_order_change_no_score(directory):
  texts = _texts(30)
  together, wider, reverse, none, *alone = _scores(directory, [
      _pad(texts, 40), _pad(texts, 64), _pad(texts[::-1], 40), _pad([], 40),
      *(_pad([text], len(text)) for text in texts)])
  for others in wider, reverse[::-1], np.concatenate(alone):
    np.testing.assert_allclose(others, together, atol=1e-6)
  assert none.shape == (0,)


@pytest.mark.skipif(not os.access('/proc/self/clear_refs', os.W_OK), reason='no peak memory that can be reset')
def test_memory_does_not_grow_with_the_batch(tmp_path):
  directory = encoders.write(tmp_path / 'encoder', max_position_embeddings=128)

  def memory_mb(name):
    with open('/proc/self/status', encoding='ascii') as file:
      return int(re.search(rf'{name}:\s*(\d+) kB', file.read())[1]) / 1024

  def batches():
    yield _pad([[5] * 128] * 64, 128)
    with open('/proc/self/clear_refs', 'w', encoding='ascii') as file:
      file.write('5')  # the peak from here on
    before.append(memory_mb('VmRSS'))
    yield _pad([[5] * 128] * 1_024, 128)

  before = []
  _scores(directory, batches(), pieces_at_once=encoder._PIECES_AT_ONCE)
  assert memory_mb('VmHWM') - before[0] < 60  # the attention of all together takes 134 MB


@pytest.mark.slow
@pytest.mark.parametrize('frozen_layers', [0, 1])
def test_training_learns_and_leaves_frozen_layers_as_they_are(frozen_layers, tmp_path):
  directory = encoders.write(tmp_path / 'base', is_classifier=False)
  config, random = encoder_files.read_config(directory), np.random.default_rng(0)
  frozen = ('embeddings.', 'encoder.layer.0.') if frozen_layers else ()
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.train.create_global_step()
    with tf.compat.v1.variable_scope('encoder'):
      network = transformer.Transformer(config, frozen_layers, 0.1, _MODES.TRAIN, 0)
    pieces, labels = tf.compat.v1.placeholder(tf.int64, [50, 20]), tf.compat.v1.placeholder(tf.float32, [50, 1])
    logits = network.logits(pieces, tf.fill([50], tf.constant(20, tf.int64)))
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))
    step = optimizers.adamw(learning_rate.warm_up_and_decay(0.02, 150, 0.06), 0.01, 1.0)(loss)
    session.run(tf.compat.v1.global_variables_initializer())
    encoder.initializing_scaffold(network.variables, directory, config).init_fn(session)
    before, losses = session.run(network.variables), []
    for _ in range(150):
      positive = random.integers(0, 2, [50, 1])
      texts = random.integers(4, len(encoders.PIECES), [50, 20])
      texts[:, 5:9] = np.where(positive, 30, 20)  # what the label is told by
      losses.append(session.run([loss, step], {pieces: texts, labels: positive})[0])
    after = session.run(network.variables)
  assert np.mean(losses[:10]) > 0.6 and np.mean(losses[-10:]) < 0.6
  for name, value in before.items():
    assert np.array_equal(value, after[name]) == name.startswith(frozen or '-'), name


@pytest.mark.slow
def test_bfloat16_products_have_the_gradients_of_float32(directory):

  def differentiate(product_type):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      config, texts = encoder_files.read_config(directory), _pad(_texts(20), 40)
      with tf.compat.v1.variable_scope('encoder'):
        network = transformer.Transformer(config, 0, 0.0, _MODES.TRAIN, 0, product_type)
      logits = network.logits(*map(tf.constant, texts.values()))
      names, variables = zip(*network.variables.items())
      gradients = [tf.convert_to_tensor(gradient) for gradient in tf.gradients(tf.nn.softplus(logits), variables)]
      session.run(tf.compat.v1.global_variables_initializer())
      encoder.initializing_scaffold(network.variables, directory, config).init_fn(session)
      assert {variable.dtype for variable in (*variables, logits)} == {tf.float32}
      return dict(zip(names, session.run(gradients)))

  expected, found = differentiate(tf.float32), differentiate(tf.bfloat16)
  for name, gradient in expected.items():  # that of the keys' biases is 0
    difference = np.linalg.norm(found[name] - gradient)
    assert 0 < difference < 0.1 * np.linalg.norm(gradient) + 0.02, name


@pytest.mark.parametrize('mode, cpu_flags, mixed_precision, expected', [
    (_MODES.TRAIN, 'amx_bf16', True, True), (_MODES.TRAIN, 'amx_bf16', False, False),
    (_MODES.TRAIN, 'avx2', True, False), (_MODES.EVAL, 'amx_bf16', True, False)])
def test_bfloat16_is_for_training_on_processors_that_have_it(
    mode, cpu_flags, mixed_precision, expected, directory, tmp_path, monkeypatch):
  (tmp_path / 'cpu').write_text(f'flags: sse {cpu_flags}\n')
  monkeypatch.setattr(precision, '_CPU_FLAGS', str(tmp_path / 'cpu'))
  hparams = encoder.EncoderHparams(max_pieces=64, mixed_precision=mixed_precision)
  with tf.Graph().as_default() as graph:
    tf.compat.v1.train.create_global_step()
    texts = {name: tf.constant(values) for name, values in _pad(_texts(4), 40).items()}
    params = model_lib.Params(hparams, vocab_size=10, seed=0, encoder=directory)
    encoder.model_fn({**texts, features.LENGTH: tf.ones([4], tf.int64)}, tf.constant([0, 1, 0, 1]), mode, params)
    types = {op.outputs[0].dtype for op in graph.get_operations() if op.type == 'MatMul'}
  assert (tf.bfloat16 in types) == expected


def test_nothing_is_augmented_if_nothing_is_trained():
  hparams = encoder.ENCODER.hparams
  assert hparams.augmentation() and not hparams.replace({'train_steps': 0}).augmentation()


def test_the_learning_rate_rises_and_then_falls_to_zero():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    step = tf.compat.v1.train.create_global_step()
    rate = learning_rate.warm_up_and_decay(2.0, 100, 0.1)
    rates = []
    for number in 0, 4, 9, 10, 55, 100:
      step.load(number, session)
      rates.append(session.run(rate))
  np.testing.assert_allclose(rates, [0.2, 1, 2, 2, 1, 0], atol=1e-6)


@pytest.mark.slow
@pytest.mark.skipif('ENCODER_DIR' not in os.environ, reason='ENCODER_DIR names no encoder')
def test_a_real_classifier_reads_reviews():
  directory = os.environ['ENCODER_DIR']
  texts = ['I really liked this movie, a treasure.', 'Dull and far too long; I hated every second.',
           'It is not good at all.', 'Not a bad film; quite the contrary.']
  ids, lengths = wordpiece.encode(tf.constant(texts), encoder_files.read_tokenizer(directory), 64)
  scores, = _scores(directory, [{features.WORDPIECES: ids.numpy(), features.WORDPIECE_LENGTH: lengths.numpy()}])
  np.testing.assert_array_equal(scores > 0.5, [True, False, False, True])
  expected = [encoders.score(directory, row[:length]) for row, length in zip(ids.numpy(), lengths.numpy())]
  np.testing.assert_allclose(scores, expected, atol=1e-5)
