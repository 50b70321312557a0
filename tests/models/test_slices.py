import tensorflow as tf

from models import features
from models.text import slices


def _assign(words, oov_words):
  found = slices.assign_buckets({
      features.WORDS: tf.constant(words, tf.int64), features.OOV_WORDS: tf.constant(oov_words, tf.int64)})
  return {key: [name.decode() for name in value.numpy()] for key, value in found.items()}


def test_each_length_is_in_one_bucket():
  found = _assign([0, 99, 100, 399, 400, 10**6], [0] * 6)
  assert found[features.LENGTH_BUCKET] == [
      '0-99 words', '0-99 words', '100-199 words', '200-399 words', '400 words and more', '400 words and more']


def test_the_oov_share_is_of_the_words_of_the_whole_text():
  found = _assign([0, 100, 100, 100, 100, 7], [0, 0, 1, 3, 10, 7])
  assert found[features.OOV_BUCKET] == [
      '0-1 % unknown', '0-1 % unknown', '1-3 % unknown', '3-10 % unknown', '10 % unknown and more',
      '10 % unknown and more']


def test_words_that_a_model_knows_are_counted():
  tokens = tf.constant([[1, 3, 2, 7, 0], [1, 2, 2, 0, 0], [1, 0, 0, 0, 0]], tf.int64)
  assert slices.count_known_words({features.TOKENS: tokens}).numpy().tolist() == [2, 0, 0]
  ngrams = tf.sparse.from_dense(tf.constant([[4, 0], [0, 0], [5, 6]], tf.int64))
  found = slices.count_known_words({features.TOKENS: tokens, features.NGRAM_IDS: ngrams})
  assert found.numpy().tolist() == [1, 0, 2]
