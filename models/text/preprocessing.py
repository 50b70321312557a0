"""The Transform step: text to token ids, in the graph that training, evaluation and serving share."""

from typing import Any, Mapping

import tensorflow as tf

from models import encoder_files
from models import features
from models.text import negation
from models.text import ngrams
from models.text import normalisation
from models.text import term_sharing
from models.text import vocabulary
from models.text import wordpiece


def tokenize(text: tf.Tensor, negation_reach: int = 0) -> tf.RaggedTensor:
  """Splits texts into lower-case words.

  After `normalisation.unify`, `<br />` and every character that is not a letter, mark, digit or apostrophe separate
  words.

  Args:
    text: string [batch], UTF-8; invalid bytes are read as U+FFFD, which separates words too.
    negation_reach: 0, or the maximum number of words after a negation that are marked; see models.text.negation.

  Returns:
    string [batch, (words)].
  """
  text = normalisation.unify(text)
  if negation_reach:
    return negation.split_and_mark(text, negation_reach)
  # Replacing is what takes time, and most words are separated by a space.
  text = tf.strings.regex_replace(text, r"(?i)(?:<br\s*/?>|[^\pL\pM\pN' <]|<)+", ' ')
  # Not earlier: with UTF-8, `lower` stops at a NUL, and the line above has removed these.
  text = tf.strings.lower(text, encoding='utf-8')
  return tf.strings.split(text)


def pad_tokens(ids: tf.RaggedTensor, max_length: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Prepend the start token, truncates and pads.

  Args:
    ids: int64 [batch, (words)].
    max_length: number of tokens to keep, including the start token.

  Returns:
    The tokens, int64 [batch, max_length], padded with PADDING_ID, and their number without the padding, int64 [batch]:
    min(words + 1, max_length).
  """
  start = tf.fill([ids.nrows(), 1], tf.constant(features.START_ID, tf.int64))
  tokens = ids.to_tensor(features.PADDING_ID, shape=[None, max_length - 1])
  return tf.concat([start, tokens], axis=1), tf.minimum(ids.row_lengths() + 1, max_length)


def preprocessing_fn(inputs: Mapping[str, tf.Tensor], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
  """The preprocessing_fn of the Transform component.

  Args:
    inputs: the raw features, string or int64 [batch, 1] each.
    custom_config: {'vocab_size': number of ids, including the reserved ones; 'max_length': number of tokens that are
      kept of a text; 'ngrams': None, or the keyword arguments of ngrams.weigh; 'negation_reach': see `tokenize`;
      'shares_identity_terms': whether identity terms share one token, see models.text.term_sharing;
      'approximate_vocabulary': whether words and n-grams are counted within a bounded memory, see models.text.counts;
      'short_length': number of SHORT_TOKENS, 0 for none}. For an encoder also {'max_pieces': number of WordPieces that
      are kept of a text; 'encoder': directory of the encoder}.

  Returns:
    The transformed features by key, see `models.features`: TOKENS, LENGTH, WORDS, OOV_WORDS, LABEL, REVIEW_ID and, if
    requested, SHORT_TOKENS, NGRAM_IDS and NGRAM_WEIGHTS, or WORDPIECES and WORDPIECE_LENGTH.
  """
  negation_reach = custom_config.get('negation_reach', 0)
  words = tokenize(tf.reshape(inputs[features.TEXT], [-1]), negation_reach)
  labels = tf.reshape(inputs[features.LABEL], [-1])
  max_length = custom_config['max_length']
  word_counts = negation.count_words(words) if negation_reach else words.row_lengths()
  if custom_config.get('shares_identity_terms'):
    words = term_sharing.share(words)
  is_approximate = custom_config.get('approximate_vocabulary', False)
  path = vocabulary.learn(words.flat_values, custom_config['vocab_size'], is_approximate)
  ids = words.with_flat_values(vocabulary.look_up(words.flat_values, path, negation_reach > 0))
  tokens, length = pad_tokens(ids, max_length)
  is_oov = ids.flat_values == features.OOV_ID
  if negation_reach:
    is_oov &= words.flat_values != negation.CONTRACTION
  outputs = {
      features.TOKENS: tokens,
      features.LENGTH: length,
      features.WORDS: word_counts,
      features.OOV_WORDS: tf.reduce_sum(words.with_flat_values(tf.cast(is_oov, tf.int64)), axis=1),
      features.LABEL: labels,
      features.REVIEW_ID: tf.reshape(inputs[features.REVIEW_ID], [-1]),
  }
  short_length = custom_config.get('short_length', 0)
  if short_length:
    # The part of the models that reads short texts has few examples, so it learns each word in one form.
    first = words[:, :short_length]
    plain = negation.unmark(first.flat_values) if negation_reach else first.flat_values
    first = first.with_flat_values(vocabulary.look_up(plain, path))
    outputs[features.SHORT_TOKENS], _ = pad_tokens(first, short_length)
  if custom_config.get('ngrams'):
    # One word less, the start token's place: so all models read the same words of a text.
    outputs[features.NGRAM_IDS], outputs[features.NGRAM_WEIGHTS] = ngrams.weigh(
        words[:, :max_length - 1], labels, **custom_config['ngrams'], is_approximate=is_approximate)
  if custom_config.get('max_pieces'):
    outputs[features.WORDPIECES], outputs[features.WORDPIECE_LENGTH] = wordpiece.encode(
        tf.reshape(inputs[features.TEXT], [-1]), encoder_files.read_tokenizer(custom_config['encoder']),
        custom_config['max_pieces'])
  return outputs
