"""WordPiece in the graph: the pieces that an encoder reads, as the library `tokenizers` finds them.

The longest piece at the start of a word is taken first, then the longest at the start of the rest, and so on (M.
Schuster and K. Nakajima, ICASSP 2012; J. Devlin et al., NAACL 2019). It runs on the distinct words of a batch, all at
once. Unlike `tokenizers`, a text cannot name the special pieces: `[SEP]` in a review is three words.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from models import encoder_files
from models.text import constant_table
from models.text import nfkc
from models.text import normalisation
from models.text import ragged

_ASCII = r'[\x00-\x7F]*'
_BREAK = r'(?i)<br\s*/?>'
_SPACES = r'[\t\n\r\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]'
_CONTROLS = r'[\pC\x{FFFD}]+'
_PUNCTUATION = r'!-/:-@\[-`{-~'
_IDEOGRAPHS = (r'\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}\x{2B740}-\x{2B81F}'
               r'\x{2B920}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}')
_MAX_CHARACTERS = 100  # of a word; longer ones are unknown
_CONTINUATION = '##'
_BUCKETS = 2**63 - 1
_SYLLABLES, _LEADS, _VOWELS, _TRAILS = 0xAC00, 0x1100, 0x1161, 0x11A7  # Hangul; the first trailing consonant is none
_VOWELS_PER_LEAD, _TRAILS_PER_VOWEL, _SYLLABLE_COUNT = 21, 28, 11_172
_UNICODE = 'UTF8_CHAR'


class _Table(NamedTuple):
  """The pieces in ascending order of their hashes.

  Attributes:
    hashes: int64 [pieces]; they differ.
    ids: int64 [pieces].
    longest: characters of the longest piece.
  """

  hashes: np.ndarray
  ids: np.ndarray
  longest: int


def encode(text: tf.Tensor, tokenizer: encoder_files.Tokenizer, max_pieces: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Turn texts into ids of pieces.

  Args:
    text: string [batch], UTF-8.
    tokenizer: whose pieces to find.
    max_pieces: number of pieces to keep, including those for start and end. Of a longer text, the first and the last
      ones are kept, as many of each.

  Returns:
    The ids, int64 [batch, max_pieces], padded, and their number without the padding, int64 [batch].
  """
  special = {piece: tokenizer.pieces.index(piece) for piece in encoder_files.SPECIAL_PIECES}
  ids = _keep_ends(find_pieces(split_words(text, tokenizer), tokenizer), max_pieces - 2)
  start, end = (tf.fill([ids.nrows(), 1], tf.constant(special[piece], tf.int64))
                for piece in (encoder_files.START, encoder_files.END))
  ids = tf.concat([start, ids, end], axis=1)
  return ids.to_tensor(special[encoder_files.PADDING], shape=[None, max_pieces]), ids.row_lengths()


def split_words(text: tf.Tensor, tokenizer: encoder_files.Tokenizer) -> tf.RaggedTensor:
  """Split texts into words and punctuation marks, each a word of its own.

  Args:
    text: string [batch], UTF-8.
    tokenizer: says what becomes of capitals, accents and Chinese characters.

  Returns:
    string [batch, (words)].
  """
  text = tf.strings.regex_replace(normalisation.unify(text), _BREAK, ' ')
  text = tf.strings.regex_replace(text, _SPACES, ' ')
  text = tf.strings.regex_replace(text, _CONTROLS, '')
  if tokenizer.strip_accents:
    text = normalisation.apply(_strip_accents, text, ~tf.strings.regex_full_match(text, _ASCII))
  if tokenizer.lower_case:
    # `lower` writes a sigma at the end of a word differently; a tokenizer knows no words yet.
    text = tf.strings.lower(tf.strings.regex_replace(text, 'Σ', 'σ'), encoding='utf-8')
  alone = _PUNCTUATION + r'\pP' + (_IDEOGRAPHS if tokenizer.split_ideographs else '')
  return tf.strings.split(tf.strings.regex_replace(text, f'([{alone}])', r' \1 '))


def _strip_accents(text):
  """Decompose the characters of texts, and remove the marks."""
  decoded = tf.strings.unicode_decode(text, 'UTF-8')
  points, rows = nfkc.decompose(decoded.flat_values, tf.cast(ragged.row_ids(decoded), tf.int32))
  syllable = points - _SYLLABLES
  is_syllable = (syllable >= 0) & (syllable < _SYLLABLE_COUNT)
  trail = syllable % _TRAILS_PER_VOWEL
  vowel = syllable // _TRAILS_PER_VOWEL
  parts = tf.stack([
      tf.where(is_syllable, _LEADS + vowel // _VOWELS_PER_LEAD, points),
      tf.where(is_syllable, _VOWELS + vowel % _VOWELS_PER_LEAD, -1),
      tf.where(is_syllable & (trail > 0), _TRAILS + trail, -1)], axis=1)
  is_part = parts >= 0
  lengths = tf.math.unsorted_segment_sum(tf.reduce_sum(tf.cast(is_part, tf.int32), axis=1), rows, tf.size(text))
  decomposed = tf.RaggedTensor.from_row_lengths(tf.boolean_mask(parts, is_part), lengths, validate=False)
  return tf.strings.regex_replace(tf.strings.unicode_encode(decomposed, 'UTF-8'), r'\p{Mn}+', '')


def find_pieces(words: tf.RaggedTensor, tokenizer: encoder_files.Tokenizer) -> tf.RaggedTensor:
  """Return the ids of the pieces of words.

  Args:
    words: string [batch, (words)], valid UTF-8.
    tokenizer: whose pieces to find.

  Returns:
    int64 [batch, (pieces)].
  """
  distinct, index = tf.unique(words.flat_values, tf.int64)
  pieces = tf.gather(_split(distinct, tokenizer.pieces), index)
  return words.with_values(pieces).merge_dims(1, 2)


def _split(words: tf.Tensor, pieces: tuple[str, ...]) -> tf.RaggedTensor:
  """Return the ids of the pieces of each word: int64 [words, (pieces)]."""
  first, following = (_make_table(pieces, prefix) for prefix in ('', _CONTINUATION))
  unknown = tf.constant(pieces.index(encoder_files.UNKNOWN), tf.int64)
  count = tf.size(words, tf.int64)
  ids = _find(first, words)
  is_short = tf.strings.length(words, _UNICODE) <= _MAX_CHARACTERS
  is_whole = (ids >= 0) & is_short

  def take_longest(table, rests, owners):
    """Take the longest piece at the start of each rest; returns the ids, -1 for none, and what is left."""
    size = tf.strings.length(rests, _UNICODE)
    width = tf.minimum(table.longest, tf.reduce_max(size))
    lengths = tf.tile(tf.range(width, 0, -1)[tf.newaxis], [tf.size(rests), 1])
    starts = tf.strings.substr(rests[:, tf.newaxis], tf.zeros_like(lengths), lengths, _UNICODE)
    candidates = tf.reshape(_find(table, tf.reshape(starts, [-1])), tf.shape(lengths))
    best = tf.argmax(candidates >= 0, axis=1, output_type=tf.int32)
    taken = tf.gather(candidates, best, batch_dims=1)
    length = tf.minimum(width - best, size)
    rests = tf.strings.substr(rests, length, tf.fill(tf.shape(length), _MAX_CHARACTERS), _UNICODE)
    is_left = (taken >= 0) & (tf.strings.length(rests) > 0)
    return taken, tf.boolean_mask(rests, is_left), tf.boolean_mask(owners, is_left)

  def step(rests, owners, found, found_owners):
    taken, left, left_owners = take_longest(following, rests, owners)
    return left, left_owners, tf.concat([found, taken], 0), tf.concat([found_owners, owners], 0)

  owners = tf.squeeze(tf.where(~is_whole & is_short), 1)
  taken, rests, rest_owners = tf.cond(
      tf.size(owners) > 0, lambda: take_longest(first, tf.gather(words, owners), owners),
      lambda: (owners, tf.gather(words, owners), owners))
  whole = tf.squeeze(tf.where(is_whole), 1)
  _, _, found, found_owners = tf.while_loop(
      lambda rests, *_: tf.size(rests) > 0, step,
      (rests, rest_owners, tf.concat([tf.gather(ids, whole), taken], 0), tf.concat([whole, owners], 0)),
      shape_invariants=(tf.TensorShape([None]),) * 4)
  return _assemble(found, found_owners, count, unknown)


def _assemble(ids, owners, count, unknown):
  """Order pieces by their words; a word without pieces, or with one that was not found, is unknown."""
  is_known = tf.math.unsorted_segment_min(ids, owners, count) >= 0
  has_pieces = tf.math.unsorted_segment_sum(tf.ones_like(owners), owners, count) > 0
  unknown_owners = tf.squeeze(tf.where(~(is_known & has_pieces)), 1)
  is_kept = tf.gather(is_known, owners)
  ids = tf.concat([tf.boolean_mask(ids, is_kept), tf.fill(tf.shape(unknown_owners), unknown)], 0)
  owners = tf.concat([tf.boolean_mask(owners, is_kept), unknown_owners], 0)
  lengths = tf.math.unsorted_segment_sum(tf.ones_like(owners), owners, count)
  return tf.RaggedTensor.from_row_lengths(tf.gather(ids, tf.argsort(owners, stable=True)), lengths, validate=False)


def _make_table(pieces, prefix):
  """Return the table of the pieces with a prefix, which the table leaves out; without one, of the others."""
  ids = [number for number, piece in enumerate(pieces) if piece.startswith(_CONTINUATION) == bool(prefix)]
  names = [pieces[number].removeprefix(prefix) for number in ids]
  with tf.init_scope():
    hashes = tf.strings.to_hash_bucket_fast(names, _BUCKETS).numpy()
  order = np.argsort(hashes)
  return _Table(hashes[order], np.array(ids, np.int64)[order], max(map(len, names)))


def _find(table, queries):
  """Return the id of each query, int64 [n]; -1 for those that are no pieces."""
  index, is_piece = constant_table.find(table.hashes, tf.strings.to_hash_bucket_fast(queries, _BUCKETS))
  return tf.where(is_piece, tf.gather(table.ids, index), -1)


def _keep_ends(ids: tf.RaggedTensor, limit: int) -> tf.RaggedTensor:
  """Keep the first and the last ids of each row: int64 [batch, (at most `limit`)]."""
  head = (limit + 1) // 2
  lengths = ids.row_lengths()
  position = tf.ragged.range(lengths)
  end = position.with_flat_values(tf.gather(lengths, ragged.row_ids(ids)))
  is_kept = (position.flat_values < head) | (position.flat_values >= end.flat_values - (limit - head))
  return tf.ragged.boolean_mask(ids, ids.with_flat_values(is_kept))
