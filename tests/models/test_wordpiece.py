"""WordPiece in the graph against a slow tokenizer in Python, after BERT's own (`tokenization.py`, J. Devlin et al.)."""

import functools
import os
import re
import unicodedata

import hypothesis
from hypothesis import strategies
import numpy as np
import pytest
import tensorflow as tf

from models import encoder_files
from models.text import normalisation
from models.text import wordpiece
from tests import encoders

_UNCASED = encoder_files.Tokenizer(encoders.PIECES, lower_case=True, strip_accents=True, split_ideographs=True)
_CASED = encoder_files.Tokenizer(
    (*encoders.PIECES, 'Film', 'É', '##É', 'é', 'Ω'), lower_case=False, strip_accents=False, split_ideographs=False)
_ODD = [
    '', '  ', 'The film was great, but a dull plot!', 'ACTING acted actor', 'na\xefve caf\xe9 \xc9T\xc9',
    'e\u0301 \u0301x', '\u039f\u0394\u039f\u03a3 \u03a3', '\u0130stanbul', '\ud55c\uad6d\uc5b4 \uc601\ud654',
    '\u5f88\u597d\u7684\u7535\u5f71\u3002a\u6620b', 'loved it \U0001f600\U0001f44d\U0001f3fd', 'a' * 99, 'a' * 100,
    'a' * 101, 'film\x00s \x01a\x7f', '\u200bzero\u200dwidth', 'don\u2019t \u2018q\u2019 \u201cx\u201d',
    '\ufb01ne \xbd \xb2', '$9.99 + 5% = <b>b</b><br /><BR>ok<br/>', '\u226e \u2260', '[SEP] [CLS] ##ing',
    '\U00020000\U0002a6d6', '\u0e01\u0e47\u0e14\u0e35', '\u0939\u093f\u0928\u094d\u0926\u0940',
    '\u0645\u064f\u062d\u064e\u0645', 'a\u2028b\u2029c\u1680d', 'Film \xc9\xc9 film', 'x\xadhy &eacute; &lt;br&gt;',
    '\ufffd']
_IDEOGRAPH = '[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]'


def _is_control(character):
  return character not in '\t\n\r' and unicodedata.category(character)[0] == 'C' or character in '\0\ufffd'


def _split(text, tokenizer):
  text = ''.join(' ' if each.isspace() else each for each in text if not _is_control(each))
  if tokenizer.strip_accents:
    text = ''.join(each for each in unicodedata.normalize('NFD', text) if unicodedata.category(each) != 'Mn')
  if tokenizer.lower_case:
    text = ''.join(map(str.lower, text))
  is_alone = lambda each: (
      each.isascii() and not each.isalnum() or unicodedata.category(each)[0] == 'P'
      or tokenizer.split_ideographs and bool(re.match(_IDEOGRAPH, each)))
  return ''.join(f' {each} ' if each != ' ' and is_alone(each) else each for each in text).split()


def _encode(text, tokenizer):
  """Return the ids of a text after the shared normalisation, without those of start and end."""
  ids = []
  for word in _split(re.sub(r'(?i)<br\s*/?>', ' ', text), tokenizer):
    found, start = [], 0
    while start < len(word) <= 100 and None not in found:
      candidates = ((end, '##' * (start > 0) + word[start:end]) for end in range(len(word), start, -1))
      start, piece = next((each for each in candidates if each[1] in tokenizer.pieces), (len(word), None))
      found.append(piece)
    is_known = found and None not in found
    ids += [tokenizer.pieces.index(piece) for piece in (found if is_known else [encoder_files.UNKNOWN])]
  return ids


def _check(texts, tokenizer, encode):
  ids, lengths = (tensor.numpy() for tensor in encode(tf.constant(texts)))
  start, end = map(tokenizer.pieces.index, (encoder_files.START, encoder_files.END))
  for text, row, length in zip(normalisation.unify(tf.constant(texts)).numpy(), ids, lengths):
    assert row[:length].tolist() == [start, *_encode(text.decode(), tokenizer), end], text
    assert not row[length:].any()


@functools.cache
def _encoder(tokenizer, max_pieces=500):
  return tf.function(lambda text: wordpiece.encode(text, tokenizer, max_pieces), autograph=False,
                     input_signature=[tf.TensorSpec([None], tf.string)])


@pytest.mark.parametrize('tokenizer', [_UNCASED, _CASED], ids=['uncased', 'cased'])
def test_ids_equal_a_slow_tokenizer_in_python(tokenizer):
  encode = _encoder(tokenizer)
  _check(_ODD, tokenizer, encode)
  _check([''], tokenizer, encode)
  assert encode(tf.constant([], tf.string))[0].shape == (0, 500)


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(strategies.lists(strategies.text(
    strategies.sampled_from('aefilmgtn\u0131\xe9\u0301\u03a3\ud55c\u5f71 .!#\'-\n\u2019&;<>'), max_size=40),
                                   min_size=1, max_size=3))
def test_ids_of_generated_texts(texts):
  _check(texts, _UNCASED, _encoder(_UNCASED))


@pytest.mark.slow
@pytest.mark.skipif('ENCODER_DIR' not in os.environ, reason='ENCODER_DIR names no encoder')
def test_ids_with_the_vocabulary_of_a_real_encoder():
  tokenizer = encoder_files.read_tokenizer(os.environ['ENCODER_DIR'])
  _check([*_ODD, 'Antidisestablishmentarianism, supercalifragilistic unputdownable Tarantinoesque!'], tokenizer,
         _encoder(tokenizer))


@pytest.mark.parametrize('max_pieces', [3, 6, 7])
def test_the_ends_of_a_long_text_are_kept(max_pieces):
  letters = 'abcdefghijk'
  ids, lengths = wordpiece.encode(tf.constant([' '.join(letters), 'a b']), _UNCASED, max_pieces)
  limit = max_pieces - 2
  kept = letters[:limit - limit // 2] + (letters[-(limit // 2):] if limit // 2 else '')
  pieces = [_UNCASED.pieces[number] for number in ids[0].numpy()]
  assert pieces == [encoder_files.START, *kept, encoder_files.END]
  assert lengths.numpy().tolist() == [max_pieces, min(4, max_pieces)]
  assert ids.shape == (2, max_pieces) and np.all(ids[1, lengths[1]:] == 0)
