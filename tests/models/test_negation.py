import os

import pytest
import tensorflow as tf

from models import features
from models.text import display
from models.text import preprocessing
from tests import transforming


def _tokenize(*texts, reach=3):
  found = preprocessing.tokenize(tf.constant(texts), reach)
  return [' '.join(word.decode() for word in row) for row in found.to_list()]


@pytest.mark.parametrize('text, expected', [
    ('Not a very good film', 'not NOT_a NOT_very NOT_good film'),
    ("I don't like it, really", "i do n't NOT_like NOT_it really"),
    ('Isn\u2019t it good', "is n't NOT_it NOT_good"),
    ('not. Good', 'not good'),
    ('no<br />good', 'no good'),
    ('no -- good', 'no good'),
    ('never \u2014 good', 'never good'),
    ('*not*  well-made\nand_good', 'not NOT_well NOT_made NOT_and good'),
    ('nothing never good', 'nothing never NOT_good'),
    ('NOT_good not', 'not NOT_good not'),
    ("n't", "n't"),
    ('good', 'good'),
    ('', ''),
])
def test_marks_end_with_the_clause_or_the_reach(text, expected):
  assert _tokenize(text) == [expected]


def test_marks_do_not_reach_into_the_next_text():
  assert _tokenize('it was not', 'good', '', 'not bad film', reach=1) == ['it was not', 'good', '', 'not NOT_bad film']


def test_marks_leave_the_words_as_they_are():
  texts = [b"Don't -- you_know? It's 3.5/10 (not bad)", b'\xff caf\xc3\xa9 a\x00b', b'', b'<br /><i>never</i>']
  marked = preprocessing.tokenize(tf.constant(texts), 3).to_list()
  plain = preprocessing.tokenize(tf.constant(texts)).to_list()
  joined = [b' '.join(word.removeprefix(b'NOT_') for word in row).replace(b" n't", b"n't") for row in marked]
  assert joined == [b' '.join(row) for row in plain]


@pytest.mark.slow
def test_marks_and_shared_tokens_are_in_the_vocabulary_only(tmp_path):
  ngrams = {'order': 2, 'size': 50, 'min_reviews': 1, 'weighting': 'nb'}
  texts = [b'not good. Not good.', b"bad film, bad film, film isn't", b'not bad: not film',
           b'gay film, African-American']
  rows, output = transforming.transform(
      texts, tmp_path, vocab_size=8, negation_reach=3, shares_identity_terms=True, ngrams=ngrams)
  assert output.vocabulary_by_name(features.VOCABULARY)[3:] == [b'not', b'film', b'bad', b'NOT_good', b'<identity>']
  # The marked words bad and film are unknown, so they have the ids of the plain words; good is known as marked only.
  assert [row[features.TOKENS][1:8].tolist() for row in rows] == [
      [3, 6, 3, 6, 0, 0, 0], [5, 4, 5, 4, 4, 2, 2], [3, 5, 3, 4, 0, 0, 0], [7, 4, 7, 0, 0, 0, 0]]
  assert [row[features.WORDS] for row in rows] == [4, 6, 4, 4]
  assert [row[features.OOV_WORDS] for row in rows] == [0, 1, 0, 0]
  with open(os.path.join(output.transform_savedmodel_dir, 'assets', 'ngrams'), encoding='utf-8') as file:
    assert {'not NOT_good', '<identity> film'} < {line.split('\t')[0] for line in file}


def test_people_see_no_marks():
  assert [display.describe(each) for each in ('good', "is n't NOT_very NOT_good", 'NOT_very NOT_good')] == [
      'good', "isn't very good", 'very good (negated)']
  vocabulary = [b'the', b'NOT_good', b"n't", b'good', b'NOT_dull', b'do']
  assert display.plain_words(vocabulary) == [b'the', b'good', b'dull', b'do']
  assert {b"don't", b'do', b'dull'} < display.known_words(vocabulary)
  assert display.known_words([b'the', b"don't"]) == {b'the', b"don't"}
  assert display.describe('a <identity> film') == 'a (identity term) film'
  assert display.plain_words([b'<identity>', b'film']) == [b'film']
  assert {b'film', b'german'} < display.known_words([b'<identity>', b'film']) and b'<identity>' not in vocabulary
