"""One token for all identity terms, in the graph: a model cannot tell by which group of people a text names.

After S. Garg et al., "Counterfactual Fairness in Text Classification through Robustness", AIES 2019, who call it
blindness.
"""

import tensorflow as tf

from models.text import identity_terms
from models.text import negation
from models.text import ragged
from models.text import word_list

TOKEN = '<identity>'  # the tokenizer removes angle brackets, so no text can contain it
_OTHER, _TERM, _TERM_BEFORE_PERSON, _PERSON, _PREFIX = range(5)
_KINDS = {word: kind for kind, words in (
    (_TERM, identity_terms.TERMS), (_TERM_BEFORE_PERSON, identity_terms.TERMS_BEFORE_PERSONS),
    (_PERSON, identity_terms.PERSONS), (_PREFIX, identity_terms.PREFIXES)) for word in words}


def share(words: tf.RaggedTensor) -> tf.RaggedTensor:
  """Replace each identity term by TOKEN, and terms in a row by one.

  Args:
    words: string [batch, (words)], as models.text.preprocessing.tokenize returns them, with NOT_ marks or without.

  Returns:
    string [batch, (tokens)]; a TOKEN has no mark.
  """
  is_term, is_before_term, rows = _find(words)
  kept = tf.where(~is_before_term)
  terms = tf.where(tf.gather_nd(is_term, kept))
  tokens = tf.tensor_scatter_nd_update(
      tf.gather_nd(words.flat_values, kept), terms, tf.fill([tf.shape(terms)[0]], TOKEN))
  return tf.RaggedTensor.from_value_rowids(tokens, tf.gather_nd(rows, kept), words.nrows(), validate=False)


def has_terms(words: tf.RaggedTensor) -> tf.Tensor:
  """Return which texts have an identity term: bool [batch], of string [batch, (words)]."""
  is_term, _, rows = _find(words)
  return tf.math.unsorted_segment_sum(tf.cast(is_term, tf.int32), rows, words.nrows()) > 0


def _find(words):
  """Return which words are terms, which are parts of the term that follows, bool [words] each, and their rows."""
  rows = ragged.row_ids(words)
  kinds = _find_kinds(words.flat_values)
  has_next = tf.equal(rows, tf.concat([rows[1:], [-1]], axis=0)[:tf.size(rows)])
  next_kinds = tf.where(has_next, tf.roll(kinds, -1, axis=0), _OTHER)
  is_term = tf.equal(kinds, _TERM) | tf.equal(kinds, _TERM_BEFORE_PERSON) & (
      tf.equal(next_kinds, _TERM) | tf.equal(next_kinds, _PERSON))
  is_before_term = (is_term | tf.equal(kinds, _PREFIX)) & has_next & tf.roll(is_term, -1, axis=0)
  return is_term, is_before_term, rows


def _find_kinds(words):
  listed = [*_KINDS, *(negation.MARK + word for word in _KINDS)]
  index, is_listed = word_list.find(listed, words)
  return tf.where(is_listed, tf.gather(tf.constant([*_KINDS.values()] * 2), index), _OTHER)
