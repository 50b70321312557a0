"""NOT_ marks in the graph: the words after a negation become words of their own, as in `not NOT_good`.

After S. Das and M. Chen, "Yahoo! for Amazon: Extracting Market Sentiment from Stock Message Boards", APFA 2001, and
B. Pang et al., "Thumbs up? Sentiment Classification using Machine Learning Techniques", EMNLP 2002. People never see
the marks: see models/text/display.py.
"""

import tensorflow as tf

from models.text import word_list

MARK = 'NOT_'  # no word of a text starts so: words are in lower case, and have no underscores
CONTRACTION = "n't"  # a word of its own here, so that `don't` and `isn't` share what is learned about it
NEGATIONS = (
    'not', 'no', 'never', 'neither', 'nor', 'nothing', 'nobody', 'none', 'nowhere', 'without', 'hardly', 'barely',
    'scarcely', 'lack', 'lacks', 'lacking', 'lacked', CONTRACTION, 'cannot', 'cant', 'dont', 'didnt', 'doesnt', 'isnt',
    'arent', 'wasnt', 'werent', 'wouldnt', 'couldnt', 'shouldnt', 'wont', 'hasnt', 'havent', 'hadnt', 'aint')
_SEPARATORS = ' \t\r\n*/_-'  # between words of one clause; whatever else is no word, such as a comma, ends the clause
_STOP = '.'


def split_and_mark(text: tf.Tensor, reach: int) -> tf.RaggedTensor:
  """Split texts into words, and mark those that a negation reaches.

  Args:
    text: string [batch], as models.text.normalisation.unify returns it.
    reach: maximum number of words after a negation that are marked; the end of the clause ends it earlier.

  Returns:
    string [batch, (words)]: the words of models.text.preprocessing.tokenize, but MARK stands before some, and
    CONTRACTION is a word of its own.
  """
  text = tf.strings.regex_replace(text, rf"(?i)(?:<br\s*/?>|[^\pL\pM\pN'<{_SEPARATORS}]|<|--)+", f' {_STOP} ')
  text = tf.strings.lower(text, encoding='utf-8')
  text = tf.strings.regex_replace(text, rf'{CONTRACTION}\b', f' {CONTRACTION}')
  parts = tf.raw_ops.StringSplit(input=text, delimiter=_SEPARATORS)
  words, rows = parts.values, parts.indices[:, 0]
  is_stop = tf.equal(words, _STOP)
  words = _mark(words, clauses=rows + tf.cumsum(tf.cast(is_stop, tf.int64)), reach=reach)
  kept = tf.where(~is_stop)
  return tf.RaggedTensor.from_value_rowids(
      tf.gather_nd(words, kept), tf.gather_nd(rows, kept), tf.size(text, tf.int64), validate=False)


def _mark(words, clauses, reach):
  """Put MARK before the words after a negation; `clauses` is the number of the clause of each word, ascending."""
  _, is_negation = word_list.find(NEGATIONS, words)
  negations = tf.where(is_negation)
  reached = tf.minimum(negations + tf.range(1, reach + 1, dtype=tf.int64), tf.size(words, tf.int64) - 1)
  is_marked = tf.equal(tf.gather(clauses, reached), tf.gather(clauses, negations)) & ~tf.gather(is_negation, reached)
  marked = tf.boolean_mask(reached, is_marked)
  return tf.tensor_scatter_nd_update(words, marked[:, tf.newaxis], MARK + tf.gather(words, marked))


def count_words(words: tf.RaggedTensor) -> tf.Tensor:
  """Count the words of texts as people do, for whom CONTRACTION is none: [batch, (words)] to int64 [batch]."""
  return tf.reduce_sum(words.with_flat_values(tf.cast(words.flat_values != CONTRACTION, tf.int64)), axis=1)


def unmark(words: tf.Tensor) -> tf.Tensor:
  """Return words, string [n], without MARK."""
  return tf.strings.regex_replace(words, f'^{MARK}', '')
