"""Texts as phones, word processors, web pages and exports write them: each reads as the plain one."""

import pytest
import tensorflow as tf

from models.text import preprocessing

_APOSTROPHES = (
    "'", '\u2019', '\u2018', '\u201b', '\u02bc', '\u02bb', '\u02b9', '\u2032', '\uff07', '\u055a', '\u00b4', '`',
    '\uff40', '\u1fbf', '\ua78c', '\u0091', '\u0092', '&#39;', '&#039;', '&#x27;', '&#X27', '&apos;', '&rsquo;',
    '&lsquo;', '&#8217;', '&#x2019;', '&#146;', '&acute;', '&grave;', '\u200b\u2019', '\u2019\u00ad')
_INVISIBLE = (
    '\u00ad', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff', '\ufe0f', '\u034f', '\u202a\u202c',
    '\u061c', '\u180e', '\U000e0001', '&shy;', '&zwj;', '&zwnj;', '&#8203;', '&#xfeff;', '&lrm;')
_SPACES = ('\u00a0', '&nbsp;', '&#160;', '&nbsp', '\u2003', '\u202f', '\u3000', '\u2028', '\u2029', '\u0085', '&emsp;',
           '\u2009', '&#10;', '&Tab;', '&lt;br /&gt;', '\uff1cbr /\uff1e')
_HYPHENS = ('-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', '\ufe63', '\uff0d', '&ndash;', '&#8209;')
_SAME = [
    ('"great" film', '\u201cgreat\u201d film', '&quot;great&quot; film', '\u00abgreat\u00bb film',
     '\u201egreat\u201c film', '&ldquo;great&rdquo; film', '\uff02great\uff02 film', '&#34;great&#34; film',
     '\u0093great\u0094 film'),
    ('clich\u00e9d and pass\u00e9', 'cliche\u0301d and passe\u0301', 'clich&eacute;d and pass&eacute;',
     'clich&eacuted and pass&#233;', 'clich&#xE9;d and pass\u0065&#769;', 'CLICH\u00c9D AND PASSE\u0301'),
    ('na\u00efve', 'nai\u0308ve', 'na&iuml;ve', 'na&#239;ve', 'NA&Iuml;VE'),
    ('a fine film', 'a \ufb01ne \ufb01lm', '\uff41 \uff46\uff49\uff4e\uff45 \uff46\uff49\uff4c\uff4d',
     '\U0001d41a \U0001d41f\U0001d422\U0001d427\U0001d41e \U0001d41f\U0001d422\U0001d425\U0001d426',
     '\u24d0 \u24d5\u24d8\u24dd\u24d4 film', '&#65345; fine film', 'a &filig;ne film'),
    ('rated 10 of 10', 'rated \uff11\uff10 of \uff11\uff10', 'rated \u2491of \u2469'),
    ('good & bad', 'good &amp; bad', 'good &AMP; bad', 'good &amp bad', 'good &#38; bad', 'good \uff06 bad'),
    ('good 39 bad', 'good &amp;#39; bad'),  # once, as html.unescape does
    ('good film', '\ufeffgood film', 'good film\u200b', '\u200bgood\u200b film', '\u00b4good\u00b4 film',
     '\u00a8good film'),
    ('good film', 'good \ufffd film', b'good \xff film', 'good &#xD800; film', 'good &#0; film', 'good&#11; film'),
    ('wait... what', 'wait\u2026 what', 'wait&hellip; what'),
    ('\uac00\uac01', '\u1100\u1161\u1100\u1161\u11a8', '\uac00\u1100\u1161\u11a8'),
    ('\u30ac', '\uff76\uff9e', '\u30ab\u3099'),
]


def _variants():
  yield from _SAME
  for text in "I don't recommend it", "I can't say it's good", "ISN'T it? Wasn't it":
    yield [text.replace("'", apostrophe) for apostrophe in _APOSTROPHES]
  for text in 'I re|commend it', '|good film|', 'wonder|ful':
    yield [text.replace('|', invisible) for invisible in ('', *_INVISIBLE)]
  yield ['not a good film', *(f'not{space}a{space}good{space}film' for space in _SPACES)]
  yield [f'a well{hyphen}made film' for hyphen in _HYPHENS]


@pytest.mark.parametrize('variants', _variants(), ids=lambda variants: ascii(variants[0]))
def test_words_are_those_of_the_plain_text(variants):
  words = preprocessing.tokenize(tf.constant(variants)).to_list()
  assert {variant: found for variant, found in zip(variants, words) if found != words[0]} == {}
  assert words[0]
