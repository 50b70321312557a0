"""One way of writing for each text: characters that differ only in how they are written become equal, in the graph.

A phone writes `don’t`, a web page `don&#39;t`, a Mac `café` with an accent of its own: models should see one word.
"""

from typing import Callable

import tensorflow as tf

from models.text import characters
from models.text import html_entities
from models.text import nfkc

# What a text consists of that needs nothing: ASCII without `&` and the grave accent.
_PLAIN = r"[\x00-%'-_a-\x7F]*"
_VALID = r'[\x{0}-\x{D7FF}\x{E000}-\x{10FFFF}]*'
_WITHOUT_MARKS = rf'[^`\pM{characters.APOSTROPHES}{characters.INVISIBLE}]*'
# Accents are apostrophes only between letters.
_ACCENT_AS_APOSTROPHE = rf'(\pL)(?:`| [{characters.ACCENTS}])(\pL)'


def unify(text: tf.Tensor) -> tf.Tensor:
  """Make texts valid and equal that differ only in how their characters are written.

  In this order: HTML entities, NFKC, apostrophes, invisible characters. Upper and lower case stay.

  Args:
    text: string [batch], UTF-8; invalid bytes are read as U+FFFD, and so may be Unicode's noncharacters.

  Returns:
    string [batch], valid UTF-8.
  """
  return apply(_unify, text, ~tf.strings.regex_full_match(text, _PLAIN))


# A function of its own, so that it is traced once, although Transform traces the text graph often, and that a model
# prepares it when the first such text comes.
@tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False,
             experimental_attributes={'_noinline': True})
def _unify(text):
  text = apply(_repair, text, ~tf.strings.regex_full_match(text, _VALID))
  text = normalize(text)
  return apply(_unify_marks, text, ~tf.strings.regex_full_match(text, _WITHOUT_MARKS))


def _repair(text):
  return tf.strings.unicode_transcode(text, 'UTF-8', 'UTF-8')


def _unify_marks(text):
  text = tf.strings.regex_replace(text, f'[{characters.INVISIBLE}]+', '')
  text = tf.strings.regex_replace(text, f'[{characters.APOSTROPHES}]', "'")
  text = tf.strings.regex_replace(text, _ACCENT_AS_APOSTROPHE, r"\1'\2")
  # Marks behind anything else than a word; NFKC makes them of accents that stand alone.
  return tf.strings.regex_replace(text, r'(^|[^\pL\pM\pN])\pM+', r'\1')


def normalize(text: tf.Tensor) -> tf.Tensor:
  """Replace HTML entities by their characters, and bring texts into the normal form NFKC.

  Args:
    text: string [batch], valid UTF-8.

  Returns:
    string [batch]: unicodedata.normalize('NFKC', html.unescape(text)).
  """
  text = apply(html_entities.unescape, text, tf.strings.regex_full_match(text, '(?s).*&.*'))
  return apply(nfkc.normalize, text, nfkc.is_changeable(text))


def apply(function: Callable[[tf.Tensor], tf.Tensor], text: tf.Tensor, is_chosen: tf.Tensor) -> tf.Tensor:
  """Apply a function to the chosen texts only; without any, it costs nothing."""
  chosen = tf.where(is_chosen)
  return tf.cond(
      tf.size(chosen) > 0,
      lambda: tf.tensor_scatter_nd_update(text, chosen, function(tf.gather_nd(text, chosen))),
      lambda: text)
