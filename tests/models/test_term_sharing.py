import pytest
import tensorflow as tf

from models.text import identity_terms
from models.text import preprocessing
from models.text import term_sharing


def _share(text, reach=0):
  return b' '.join(term_sharing.share(preprocessing.tokenize(tf.constant([text]), reach)).to_list()[0]).decode()


@pytest.mark.parametrize('text, expected', [
    ('A German film', 'a <identity> film'),
    ('African-American and Native American women', '<identity> and <identity> women'),
    ('South Korean, Puerto Rican', '<identity> <identity>'),
    ('German, French', '<identity>'),
    ('from the south', 'from the south'),
    ('a black man in black and white', 'a <identity> man in black and white'),
    ('straight to video, a straight guy', 'straight to video a <identity> guy'),
    ('black', 'black'),
    ('', ''),
])
def test_terms_in_a_row_are_one_token(text, expected):
  assert _share(text) == expected


def test_a_shared_token_has_no_mark():
  assert _share('not a gay film', reach=3) == 'not NOT_a <identity> NOT_film'


def test_terms_do_not_reach_into_the_next_text():
  words = preprocessing.tokenize(tf.constant(['it is black', 'man', 'Afro', 'German', '']))
  assert [b' '.join(row) for row in term_sharing.share(words).to_list()] == [
      b'it is black', b'man', b'afro', b'<identity>', b'']
  assert term_sharing.has_terms(words).numpy().tolist() == [False, False, False, True, False]


def test_the_lists_are_words_as_the_tokenizer_returns_them():
  lists = (identity_terms.TERMS, identity_terms.TERMS_BEFORE_PERSONS, identity_terms.PERSONS, identity_terms.PREFIXES)
  words = [word for words in lists for word in words]
  assert len(set(words)) == len(words)
  assert preprocessing.tokenize(tf.constant(words)).to_list() == [[word.encode()] for word in words]
