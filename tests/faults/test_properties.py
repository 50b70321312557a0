"""Properties that the tokeniser and the readers have for every text: each holds for 10,000 and more generated ones."""

import gzip
import json
import unicodedata

import hypothesis
from hypothesis import strategies
import pytest
import tensorflow as tf

from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from models.text import preprocessing

_TEXTS = 100  # in one example: a call of a TensorFlow function costs more than the text
_PROFILE = hypothesis.settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck))
# Letters of several scripts, what separates words, and what goes wrong.
_CHARACTERS = strategies.one_of(
    strategies.characters(exclude_categories=('Cs',)),
    strategies.sampled_from('aB\'"<br/>\0\t\r\n,.\u0130\u0301\ufeff'))
_MANY_TEXTS = strategies.lists(strategies.text(_CHARACTERS, max_size=30), min_size=_TEXTS, max_size=_TEXTS)
_MANY_BYTES = strategies.lists(strategies.binary(max_size=30), min_size=_TEXTS, max_size=_TEXTS)


def _words(texts):
  found = preprocessing.tokenize(tf.constant([t.encode() if isinstance(t, str) else t for t in texts], tf.string))
  return [[word.decode() for word in row.tolist()] for row in found.numpy()] if found.flat_values.shape[0] else (
      [[] for _ in texts])


def _is_of_a_word(character):
  # TensorFlow's tables are of another Unicode version than Python's: what one of them does not know is let be.
  return character == "'" or unicodedata.category(character)[0] in 'LMN' or unicodedata.category(character) == 'Cn'


@pytest.mark.slow
@_PROFILE
@hypothesis.given(_MANY_TEXTS)
def test_words_hold_only_letters_marks_digits_and_apostrophes(texts):
  for row in _words(texts):
    assert all(word and all(map(_is_of_a_word, word)) for word in row)


@pytest.mark.slow
@_PROFILE
@hypothesis.given(_MANY_TEXTS)
def test_tokenising_its_own_words_changes_nothing(texts):
  words = _words(texts)
  assert _words([' '.join(row) for row in words]) == words


@pytest.mark.slow
@_PROFILE
@hypothesis.given(_MANY_TEXTS)
def test_a_line_break_of_html_separates_what_stands_around_it(texts):
  halves = list(zip(texts[::2], texts[1::2]))
  apart = _words([f'{left} {right}' for left, right in halves])
  assert _words([f'{left}<br />{right}' for left, right in halves]) == apart


@pytest.mark.slow
@_PROFILE
@hypothesis.given(_MANY_BYTES)
def test_any_bytes_are_words_and_cleaning_them_changes_none(texts):
  assert _words(texts) == _words([review_lib.clean_text(text) for text in texts])


def _read(path):
  return [(review.text, review.label) for part in readers.parts(str(path)) for review in readers.read(part)]


@_PROFILE
@hypothesis.given(_MANY_TEXTS)
def test_a_table_and_jsonl_give_back_every_text(tmp_path_factory, texts):
  directory = tmp_path_factory.getbasetemp()
  rows = [(f'.{text}', number % 2) for number, text in enumerate(texts)]  # an empty one would be a bad row
  with open(directory / 'a.csv', 'w', newline='', encoding='utf-8') as file:  # by hand: the csv module writes no NUL
    file.writelines(['text,label\n'] + ['"{}",{}\n'.format(text.replace('"', '""'), label) for text, label in rows])
  with gzip.open(directory / 'a.jsonl.gz', 'wt', encoding='utf-8') as file:
    file.writelines(json.dumps({'text': text, 'label': label}) + '\n' for text, label in rows)
  expected = [(text.encode(), label) for text, label in rows]
  assert _read(directory / 'a.csv') == _read(directory / 'a.jsonl.gz') == expected


@_PROFILE
@hypothesis.given(_MANY_BYTES)
def test_any_bytes_are_read_or_refused_by_name(tmp_path_factory, contents):
  for name in ('a.csv', 'a.tsv', 'a.jsonl', 'a.csv.gz', 'a.tar'):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(b'text,label\n' * name.startswith('a.csv') + b'\n'.join(contents))
    try:
      for text, label in _read(path):
        assert isinstance(text, bytes) and label in (0, 1)
    except ValueError as error:
      assert str(path) in str(error), pytest.fail(f'{error} names no file')
