"""Unicode's normal form NFKC in the graph, as Python's unicodedata has it.

The algorithm is that of The Unicode Standard, section 3.11: decompose each character, order the marks behind a base
character by their combining class, and compose base and mark to one character where there is one.
"""

import functools
from typing import NamedTuple
import unicodedata

import numpy as np
import tensorflow as tf

from models.text import constant_table
from models.text import ragged

_L, _V, _T, _S = 0x1100, 0x1161, 0x11A7, 0xAC00  # Hangul: leading consonants, vowels, trailing consonants, syllables
_LS, _VS, _TS = 19, 21, 28  # how many there are; the first of the trailing consonants is none
_END = 0x30000  # behind the last character that NFKC changes or composes
_SECOND_BITS = 21  # of a code point


class _Tables(NamedTuple):
  """What unicodedata knows, without the Hangul syllables: these follow a rule.

  Attributes:
    decomposed: int32, ascending code points that NFKD changes.
    splits, parts: int32, those of the decomposition of `decomposed[i]` are parts[splits[i]:splits[i + 1]].
    marks, classes: int32, ascending code points with a combining class other than 0, and these classes.
    pairs, composed: int64 and int32, ascending pairs of code points (first << _SECOND_BITS | second), and what they
      compose to.
    changeable: the regular expression of a text with a character that NFKC may change.
  """

  decomposed: np.ndarray
  splits: np.ndarray
  parts: np.ndarray
  marks: np.ndarray
  classes: np.ndarray
  pairs: np.ndarray
  composed: np.ndarray
  changeable: str


@functools.cache
def tables() -> _Tables:
  """Return the tables, which take 0.1 s to make."""
  characters = list(map(chr, range(_END)))
  decomposed = [each for each in characters if unicodedata.decomposition(each)]
  parts = [unicodedata.normalize('NFKD', each) for each in decomposed]
  marks = [each for each in characters if unicodedata.combining(each)]
  pairs = {}
  for each in decomposed:
    halves = unicodedata.decomposition(each).split()
    if len(halves) == 2 and halves[0][0] != '<' and unicodedata.normalize('NFC', each) == each:
      pairs[int(halves[0], 16) << _SECOND_BITS | int(halves[1], 16)] = ord(each)
  seconds = {chr(pair % (1 << _SECOND_BITS)) for pair in pairs}
  changed = [each for each in decomposed if unicodedata.normalize('NFKC', each) != each]
  jamo = map(chr, range(_V, _T + _TS))
  return _Tables(
      _points(decomposed), np.cumsum([0, *map(len, parts)], dtype=np.int32), _points(''.join(parts)),
      _points(marks), np.array(list(map(unicodedata.combining, marks)), np.int32),
      np.array(sorted(pairs), np.int64), np.array([pairs[pair] for pair in sorted(pairs)], np.int32),
      f'[^{_character_class({*changed, *marks, *seconds, *jamo})}]*')


def _points(characters):
  return np.array([ord(each) for each in characters], np.int32)


def _character_class(characters):
  """Return the ranges of characters for a regular expression."""
  points = np.sort(_points(characters))
  starts = np.flatnonzero(np.diff(points, prepend=-2) > 1)
  return ''.join(f'\\x{{{first:x}}}-\\x{{{last:x}}}' for first, last in zip(
      points[starts], points[np.append(starts[1:] - 1, -1)]))


def is_changeable(text: tf.Tensor) -> tf.Tensor:
  """Return whether texts have a character that NFKC may change: bool [batch], of string [batch], valid UTF-8."""
  return ~tf.strings.regex_full_match(text, tables().changeable)


def normalize(text: tf.Tensor) -> tf.Tensor:
  """Bring texts into the normal form NFKC.

  Args:
    text: string [batch], valid UTF-8.

  Returns:
    string [batch], what unicodedata.normalize makes of each text.
  """
  # A line break before each text keeps marks at its start from the text before it.
  decoded = tf.strings.unicode_decode('\n' + text, 'UTF-8')
  points, rows = decompose(decoded.flat_values, tf.cast(ragged.row_ids(decoded), tf.int32))
  points, classes = _order(points)
  _, points, _, rows = tf.while_loop(
      lambda changed, *_: changed, lambda _, *state: _compose(*state), (tf.size(points) > 0, points, classes, rows),
      shape_invariants=(tf.TensorShape([]), *[tf.TensorShape([None])] * 3))
  lengths = tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, tf.size(text))
  composed = tf.RaggedTensor.from_row_lengths(points, lengths, validate=False)
  return tf.strings.regex_replace(tf.strings.unicode_encode(composed, 'UTF-8'), '^\n', '', replace_global=False)


def decompose(points: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Decompose characters, without those of Hangul, and leave marks in the order in which they come.

  Args:
    points: int32 [characters], code points.
    rows: int32 [characters], the text of each.

  Returns:
    The code points of the decompositions, int32 [parts], and the text of each, int32 [parts].
  """
  index, is_decomposed = constant_table.find(tables().decomposed, points)
  splits = tf.constant(tables().splits)
  starts = tf.gather(splits, index)
  lengths = tf.where(is_decomposed, tf.gather(splits, index + 1) - starts, 1)
  ends = tf.cumsum(lengths)
  sources = tf.cast(ragged.row_ids(tf.RaggedTensor.from_row_splits(
      tf.range(tf.reduce_sum(lengths)), tf.concat([[0], ends], axis=0), validate=False)), tf.int32)
  offsets = tf.range(tf.size(sources)) - tf.gather(ends - lengths, sources)
  parts = tf.gather(tables().parts, tf.where(
      tf.gather(is_decomposed, sources), tf.gather(starts, sources) + offsets, 0))
  return tf.where(tf.gather(is_decomposed, sources), parts, tf.gather(points, sources)), tf.gather(rows, sources)


def _order(points):
  """Order the marks behind each base character by their combining classes; returns the points and the classes."""
  index, is_mark = constant_table.find(tables().marks, points)
  classes = tf.where(is_mark, tf.gather(tables().classes, index), 0)
  bases = tf.cumsum(tf.cast(tf.equal(classes, 0), tf.int64))
  size = tf.size(points, tf.int64)
  # The position in each key keeps marks of the same class in their order.
  keys = tf.sort((bases * 256 + tf.cast(classes, tf.int64)) * size + tf.range(size))
  order = keys % tf.maximum(size, 1)
  return tf.gather(points, order), tf.gather(classes, order)


def _compose(points, classes, rows):
  """Compose each base character with the first character behind it that it composes with.

  No character that composes with one before it composes with one behind it, so all base characters take this step at
  once. Marks that a base character does not compose with now will not compose with it later, as compositions follow
  the order of the classes.

  Returns:
    Whether anything was composed, and the points, classes and rows that are left.
  """
  is_base = tf.equal(classes, 0)
  number = tf.cumsum(tf.cast(is_base, tf.int32), exclusive=True)  # of base characters before each character
  base = tf.gather(tf.squeeze(tf.where(is_base), 1), tf.maximum(number - 1, 0))
  previous_class = tf.pad(classes, [[1, 0]])[:-1]
  is_free = tf.equal(previous_class, 0) | (previous_class < classes)  # no mark between blocks the composition
  composed = _compose_pairs(tf.gather(points, base), points)
  candidates = tf.where(is_free & (composed > 0))
  bases = tf.gather_nd(base, candidates)
  is_first = tf.not_equal(tf.pad(bases, [[1, 0]], constant_values=-1)[:-1], bases)
  first = tf.where(is_first)
  taken = tf.gather_nd(candidates, first)
  points = tf.tensor_scatter_nd_update(
      points, tf.expand_dims(tf.gather_nd(bases, first), 1), tf.gather_nd(composed, taken))
  is_taken = tf.scatter_nd(taken, tf.squeeze(tf.ones_like(taken), 1), tf.shape(points, tf.int64))
  left = tf.squeeze(tf.where(tf.equal(is_taken, 0)), 1)
  return tf.size(taken) > 0, tf.gather(points, left), tf.gather(classes, left), tf.gather(rows, left)


def _compose_pairs(first, second):
  """Return the composed code points of pairs, int32 [n]; 0 where there is none."""
  pair = tf.bitwise.left_shift(tf.cast(first, tf.int64), _SECOND_BITS) + tf.cast(second, tf.int64)
  index, is_pair = constant_table.find(tables().pairs, pair)
  composed = tf.where(is_pair, tf.gather(tables().composed, index), 0)
  leading, vowel, trailing, syllable = first - _L, second - _V, second - _T, first - _S
  is_vowel = (leading >= 0) & (leading < _LS) & (vowel >= 0) & (vowel < _VS)
  composed = tf.where(is_vowel, _S + (leading * _VS + vowel) * _TS, composed)
  is_open = (syllable >= 0) & (syllable < _LS * _VS * _TS) & tf.equal(syllable % _TS, 0)  # has no trailing consonant
  return tf.where(is_open & (trailing > 0) & (trailing < _TS), first + trailing, composed)
