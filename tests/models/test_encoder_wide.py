"""encoder_wide: the sum of a frozen encoder's logits and of those of wide_deep, which is trained."""

import numpy as np
import pytest
import tensorflow as tf

from models import encoder_files
from models import features
from models import model as model_lib
from models.networks import encoder_wide
from tests import encoders

_MODES = tf.estimator.ModeKeys
_PIECES = [[2, 5, 9, 3], [2, 30, 3, 0]]


def _build(directory, mode, labels=None, short_length=0, **shares):
  """Build the model in the current graph, for two texts of three words; returns the EstimatorSpec."""
  hparams = encoder_wide.EncoderWideHparams(
      vocab_size=10, ngrams=4, max_length=3, unlabeled=False, short_length=short_length, max_pieces=64, **shares)
  ngrams = [tf.sparse.from_dense(tf.constant(values)) for values in (
      np.array([[1, 2], [3, 0]], np.int64), np.array([[1, 2], [3, 0]], np.float32))]
  return encoder_wide.model_fn({
      **dict.fromkeys((features.TOKENS, features.SHORT_TOKENS), tf.constant([[1, 4, 5], [1, 6, 7]], tf.int64)),
      features.LENGTH: tf.constant([3, 3], tf.int64),
      features.WORDS: tf.constant([3, 3], tf.int64), features.OOV_WORDS: tf.constant([0, 0], tf.int64),
      features.NGRAM_IDS: ngrams[0], features.NGRAM_WEIGHTS: ngrams[1],
      features.REVIEW_ID: tf.constant(['a', 'b']), features.WORDPIECES: tf.constant(_PIECES, tf.int64),
      features.WORDPIECE_LENGTH: tf.constant([4, 3], tf.int64),
  }, labels, mode, model_lib.Params(hparams, vocab_size=10, seed=0, encoder=directory))


@pytest.mark.slow
def test_logits_are_added_with_their_shares(tmp_path):
  directory = encoders.write(tmp_path / 'encoder')
  weights = encoder_files.read_weights(directory, encoder_files.read_config(directory))
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    with tf.compat.v1.variable_scope(tf.compat.v1.get_variable_scope(), reuse=tf.compat.v1.AUTO_REUSE):
      specs = [_build(directory, _MODES.PREDICT, encoder_share=share, trained_share=trained_share)
               for share, trained_share in ((1.0, 0.0), (0.0, 1.0), (0.5, 2.0))]
      # Of 6 tokens, 3 are half: the share is the mean of both.
      specs.append(_build(directory, _MODES.PREDICT, short_length=6, encoder_share=1.0, short_encoder_share=0.2,
                          trained_share=0.0))
    session.run(tf.compat.v1.global_variables_initializer())
    for variable in tf.compat.v1.global_variables('encoder/'):
      variable.load(weights[variable.op.name.removeprefix('encoder/').replace('/', '.')], session)
    for number, variable in enumerate(tf.compat.v1.trainable_variables()):
      variable.load(np.random.default_rng(number).normal(size=variable.shape), session)
    encoder, trained, both, short = session.run([spec.predictions['logits'][:, 0] for spec in specs])
  expected = [encoders.score(directory, ids[:length]) for ids, length in zip(_PIECES, (4, 3))]
  np.testing.assert_allclose(1 / (1 + np.exp(-encoder)), expected, atol=1e-5)
  np.testing.assert_allclose(both, 0.5 * encoder + 2 * trained, rtol=1e-5)
  np.testing.assert_allclose(short, 0.6 * encoder, rtol=1e-5)


def test_the_encoder_is_not_trained(tmp_path):
  with tf.Graph().as_default():
    tf.compat.v1.train.create_global_step()
    spec = _build(encoders.write(tmp_path / 'encoder'), _MODES.TRAIN, tf.constant([0, 1], tf.int64))
    assert tf.compat.v1.global_variables('encoder/') and not tf.compat.v1.trainable_variables('encoder/')
    assert spec.scaffold.init_fn


def test_a_base_encoder_is_refused(tmp_path):
  with pytest.raises(ValueError, match='which encoder_wide does not train: choose a fine-tuned classifier'):
    encoder_wide.EncoderWideHparams(max_pieces=64).check_encoder(
        encoders.write(tmp_path / 'base', is_classifier=False))
