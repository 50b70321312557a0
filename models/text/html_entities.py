"""HTML entities in the graph: named and numeric ones, as Python's html.unescape reads them."""

import functools
import html
import html.entities
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from models.text import constant_table

_DIGITS = 7  # of the largest code point, in decimal notation
_TOO_LARGE = 0x110000  # behind the last code point
_REMOVED = -1
_REPLACEMENT = 0xFFFD
_NAME_BYTES = 32  # of the longest name
_MULTIPLIERS = np.array([3, 5, 7, 11], np.int64) * 0x1E3779B97F4A7C15 | 1


class _Names(NamedTuple):
  """The named entities in ascending order of their hashes, which differ.

  Attributes:
    hashes: int64 [names].
    characters: what they stand for.
    pattern: the regular expression of an entity, without its `&`, at the start of a string; of names, the longest.
  """

  hashes: np.ndarray
  characters: list[str]
  pattern: str


def unescape(text: tf.Tensor) -> tf.Tensor:
  """Replace the entities of texts by their characters.

  Args:
    text: string [batch], valid UTF-8.

  Returns:
    string [batch], what html.unescape makes of each text.
  """
  parts = tf.compat.v1.strings.split(text, '&')  # sparse, which takes fewer operations than ragged
  values, (rows, positions) = parts.values, tf.unstack(parts.indices, 2, axis=1)
  follows = positions > 0  # an `&`
  found = tf.where(follows & tf.strings.regex_full_match(values, f'{_names().pattern}(?s:.*)'))
  replaced = tf.tensor_scatter_nd_update(
      tf.where(follows, '&' + values, values), found, _read(tf.gather_nd(values, found)))
  return tf.strings.unsorted_segment_join(replaced, rows, tf.size(text))


def _read(values):
  """Replace the entity, which lacks its `&`, at the start of each value: string [n]."""
  rests = tf.strings.regex_replace(values, _names().pattern, '', replace_global=False)
  lengths = tf.strings.length(values) - tf.strings.length(rests)
  entities = tf.strings.substr(values, tf.zeros_like(lengths), lengths)
  is_number = tf.strings.regex_full_match(entities, '#.*')
  return tf.where(is_number, _read_numbers(entities), _read_names(entities)) + rests


@functools.cache
def _names():
  names = list(html.entities.html5)
  padded = ''.join(name.ljust(_NAME_BYTES, '\0') for name in names).encode()
  hashes = np.frombuffer(padded, '<i8').reshape([-1, _MULTIPLIERS.size]) @ _MULTIPLIERS
  order = np.argsort(hashes)
  longest_first = '|'.join(sorted(names, key=len, reverse=True))
  return _Names(hashes[order], [html.entities.html5[names[index]] for index in order],
                f'^(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|{longest_first})')


def _read_names(entities):
  """Return the characters of named entities, string [n]."""
  words = tf.io.decode_raw(entities, tf.int64, little_endian=True, fixed_length=_NAME_BYTES)
  index, _ = constant_table.find(_names().hashes, tf.reduce_sum(words * _MULTIPLIERS, axis=1))
  return tf.gather(tf.constant(_names().characters), index)


def _read_numbers(entities):
  """Return the characters of numeric entities, string [n]."""
  digits = tf.strings.lower(tf.strings.regex_replace(entities, '^#[xX]?0*|;', ''))
  digits = tf.where(tf.strings.length(digits) > _DIGITS, 'f' * _DIGITS, digits)
  lengths = tf.strings.length(digits)
  padded = tf.strings.substr('0' * _DIGITS + digits, lengths, tf.fill(tf.shape(lengths), _DIGITS))
  codes = tf.cast(tf.io.decode_raw(padded, tf.uint8, fixed_length=_DIGITS), tf.int32)
  is_hexadecimal = tf.expand_dims(tf.strings.regex_full_match(entities, '#[xX].*'), 1)
  powers = np.arange(_DIGITS)[::-1]
  weights = tf.where(is_hexadecimal, 16**powers, 10**powers)
  values = codes - tf.where(codes >= ord('a'), ord('a') - 10, ord('0'))
  points = tf.reduce_sum(values * tf.cast(weights, tf.int32), axis=1)
  is_surrogate = (points >= 0xD800) & (points <= 0xDFFF)
  points = tf.where((points >= _TOO_LARGE) | is_surrogate, _REPLACEMENT, points)
  irregular, replacements = _irregular_numbers()
  index, is_irregular = constant_table.find(irregular, points)
  points = tf.where(is_irregular, tf.gather(replacements, index), points)
  characters = tf.strings.unicode_encode(tf.expand_dims(tf.maximum(points, 0), 1), 'UTF-8')
  return tf.where(tf.equal(points, _REMOVED), '', characters)


@functools.cache
def _irregular_numbers():
  """Return the numbers that do not stand for their code points, ascending, and what they do: int32 [n] each."""
  noncharacters = [plane + last for plane in range(0, _TOO_LARGE, 0x10000) for last in (0xFFFE, 0xFFFF)]
  read = {number: html.unescape(f'&#{number};') for number in (*range(0x100), *range(0xFDD0, 0xFDF0), *noncharacters)}
  irregular = {number: ord(found) if found else _REMOVED for number, found in sorted(read.items())
               if found != chr(number)}
  return np.array(list(irregular), np.int32), np.array(list(irregular.values()), np.int32)
