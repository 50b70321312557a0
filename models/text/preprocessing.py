"""The Transform step: text to token ids, in the graph that training, evaluation and serving share."""

import tensorflow as tf
import tensorflow_transform as tft

from models import features
from models.text import ngrams
from models.text import vocabulary


def tokenize(text):
  """Splits reviews into lower-case words.

  `<br />` and every character that is no letter, mark, digit or apostrophe separate words.

  Args:
    text: string [batch], UTF-8; invalid bytes read as U+FFFD, which separates words too.

  Returns:
    A string RaggedTensor [batch, (words)].
  """
  # The cost is in what is found: nine reviews of ten are ASCII, most of what separates words a space already.
  foreign = tf.where(~tf.strings.regex_full_match(text, r'[\x00-\x7F]*'))
  valid = tf.strings.unicode_transcode(tf.gather_nd(text, foreign), 'UTF-8', 'UTF-8')
  text = tf.tensor_scatter_nd_update(text, foreign, valid)
  text = tf.strings.regex_replace(text, r"(?i)(?:<br\s*/?>|[^\pL\pM\pN' <]|<)+", ' ')
  # Only now: in UTF-8 mode `lower` stops at a NUL, which the line above has dropped.
  text = tf.strings.lower(text, encoding='utf-8')
  return tf.strings.split(text)


def to_tokens(ids, max_length):
  """Prepends the start token, truncates and pads.

  Args:
    ids: int64 RaggedTensor [batch, (words)].
    max_length: int, the number of tokens kept, the start token included.

  Returns:
    tokens, int64 [batch, max_length], padded with 0, and length, int64 [batch] = min(words + 1, max_length).
  """
  start = tf.fill([ids.nrows(), 1], tf.constant(features.START_ID, tf.int64))
  ids = tf.concat([start, ids], axis=1)[:, :max_length]
  tokens = ids.to_tensor(features.PADDING_ID, shape=[None, max_length])
  return tokens, ids.row_lengths()


def preprocessing_fn(inputs, custom_config):
  """The preprocessing_fn of the Transform component.

  Args:
    inputs: the raw features, string or int64 [batch, 1] each.
    custom_config: {'vocab_size': ids in all, the reserved ones included; 'max_length': tokens kept of a review;
      'ngrams': None, or the keyword arguments of ngrams.weigh}.

  Returns:
    The features of `models.features`: TOKENS, LENGTH, WORDS, OOV_WORDS and LABEL, the review's REVIEW_ID, and, if asked
    for, NGRAM_IDS and NGRAM_WEIGHTS.
  """
  words = tokenize(tf.reshape(inputs[features.TEXT], [-1]))
  labels = tf.reshape(inputs[features.LABEL], [-1])
  max_length = custom_config['max_length']
  path = vocabulary.learn(words.flat_values, custom_config['vocab_size'])
  ids = words.with_flat_values(
      tft.apply_vocabulary(words.flat_values, path, default_value=features.OOV_ID))
  tokens, length = to_tokens(ids, max_length)
  unknown = words.with_flat_values(tf.cast(ids.flat_values == features.OOV_ID, tf.int64))
  outputs = {
      features.TOKENS: tokens,
      features.LENGTH: length,
      features.WORDS: words.row_lengths(),
      features.OOV_WORDS: tf.reduce_sum(unknown, axis=1),
      features.LABEL: labels,
      features.REVIEW_ID: tf.reshape(inputs[features.REVIEW_ID], [-1]),
  }
  if custom_config.get('ngrams'):
    # Room for the start token, so that all models read the same words of a review.
    outputs[features.NGRAM_IDS], outputs[features.NGRAM_WEIGHTS] = ngrams.weigh(
        words[:, :max_length - 1], labels, **custom_config['ngrams'])
  return outputs
