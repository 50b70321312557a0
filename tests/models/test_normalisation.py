"""The normal form of texts in the graph, compared with Python's own libraries."""

import html
import html.entities
import os
import random
import tarfile
import unicodedata

import pytest
import tensorflow as tf

from models.text import nfkc
from models.text import normalisation

_NONCHARACTERS = {*range(0xFDD0, 0xFDF0), *(plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF))}
_POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000 and point not in _NONCHARACTERS]
_SYNTAX = ['&', '#', 'x', 'X', ';', '0', '39', '27', 'amp', 'lt', 'notin', 'not', 'it', '&#', '&#x', '&am', '&amp;#39;',
           '&#000000000000000000000039', '&#99999999999999999999', '&#128;', '&#x80', '&#0;', '&#xd800;', '&#x110000;',
           '&#11;', '&#xfffe;', 'frac12', '&ampamp;', '<br />', '\u2019', ' ', '\n', '\0', 'caf\u00e9']


def _expected(text):
  return unicodedata.normalize('NFKC', html.unescape(text))


def _check(texts):
  found = tf.function(normalisation.normalize)(tf.constant(texts)).numpy()
  assert [text.decode() for text in found] == [_expected(text) for text in texts]


@pytest.mark.slow
def test_every_character_is_normalised_as_by_python():
  # Plain ones, among which nothing changes, stand together: a text each would take long.
  changeable = set(map(chr, [*nfkc.tables().decomposed, *nfkc.tables().marks]))
  others = ''.join(chr(point) for point in _POINTS if chr(point) not in changeable and point != ord('&'))
  _check([*sorted(changeable), *(others[start:start + 5000] for start in range(0, len(others), 5000))])


def test_every_entity_is_read_as_by_python():
  names = list(html.entities.html5)
  numbers = [*range(0x3000), 0xD7FF, 0xD800, 0xDFFF, 0xE000, *(
      number for number in range(0xF900, 0x110002) if number % 997 == 0 or number in _NONCHARACTERS)]
  # html.unescape makes a noncharacter of some names for numbers, of none of these.
  _check([*(f'&{name}' for name in names), *(f'a&{name[:-1]}b' for name in names), *(f'&&{name};' for name in names),
          *(f'&#{number};' for number in numbers), *(f'&#x{number:x}' for number in numbers)])


def test_generated_texts_are_normalised_as_by_python():
  random_ = random.Random(0)
  tables = nfkc.tables()
  characters = [*map(chr, tables.decomposed), *map(chr, tables.marks), *map(chr, tables.parts),
                *(chr(0xAC00 + 28 * number) for number in range(399)), *map(chr, range(0x1100, 0x1200)),
                *'aeiou\u0301 ' * 99]
  entities = [f'&{name}' for name in html.entities.html5]
  _check([''.join(random_.choices(pool, k=random_.randrange(16)))
          for pool in (characters, characters[-2000:], _SYNTAX, [*_SYNTAX, *entities], [*_SYNTAX, *characters])
          for _ in range(2_000)])


def test_no_second_half_is_a_first_half():
  # What lets all base characters compose at once: see nfkc._compose.
  firsts = {int(pair) >> 21 for pair in nfkc.tables().pairs}
  seconds = {int(pair) & 0x1FFFFF for pair in nfkc.tables().pairs}
  assert not seconds & (firsts | set(nfkc.tables().composed))
  assert max(len(unicodedata.normalize('NFD', chr(point))) for point in nfkc.tables().composed) == 4


@pytest.mark.slow
@pytest.mark.skipif('IMDB_DATA' not in os.environ, reason='IMDB_DATA names no dataset')
def test_the_real_reviews_are_normalised_as_by_python():
  with tarfile.open(os.environ['IMDB_DATA']) as archive:
    texts = [archive.extractfile(member).read().decode('utf-8', 'replace') for member in archive
             if member.isfile() and member.name.split('/')[1:3] in (['test', 'pos'], ['test', 'neg'])]
  assert len(texts) > 10_000
  _check(texts)


@pytest.mark.parametrize('texts', [[], [''], ['', 'a&amp;', 'e\u0301', '\u0301e', 'plain']])
def test_batches_of_any_size(texts):
  found = normalisation.normalize(tf.constant(texts, tf.string)).numpy()
  assert [text.decode() for text in found] == [_expected(text) for text in texts]


def test_invalid_bytes_are_replaced_where_they_are():
  texts = [b'caf\xe9 &eacute;\xff', b'\xed\xa0\x80', b'\xc0\xaf', b'\xf4\x90\x80\x80', b'a\xe2\x82',
           b'\xf0\x9f\x98\x80']
  found = normalisation.unify(tf.constant(texts)).numpy()
  assert [text.decode() for text in found] == [html.unescape(text.decode('utf-8', 'replace')) for text in texts]
