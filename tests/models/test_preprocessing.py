import pytest
import tensorflow as tf

from models import features
from models.text import preprocessing
from tests import transforming

_WORDS = [
    (b"Don't miss it!", ["don't", 'miss', 'it']),
    (b'good<br /><br />BAD<br/>ugly', ['good', 'bad', 'ugly']),
    (b'the end.<br /><BR>... <b>Bold</b> <br', ['the', 'end', 'b', 'bold', 'b', 'br']),
    (b'3.5 stars -- well-made', ['3', '5', 'stars', 'well', 'made']),
    ('\u00c9T\u00c9 \u6620\u753b \u0444\u0438\u043b\u044c\u043c'.encode(),
     ['\u00e9t\u00e9', '\u6620\u753b', '\u0444\u0438\u043b\u044c\u043c']),
    ('nai\u0308ve'.encode(), ['na\u00efve']),
    (b'a\tb\r\nc\x00d', ['a', 'b', 'c', 'd']),
    (b'caf\xff\xfe bar', ['caf', 'bar']),
    ('\U0001f600 !!! ...'.encode(), []),
    (b'', []),
    ('don&#39;t, DON\u2019T; \u1100\u1161 \ufb01lm'.encode(), ["don't", "don't", '\uac00', 'film']),
    (b'nothing but ASCII', ['nothing', 'but', 'ascii']),
]


@pytest.mark.parametrize('text, words', _WORDS)
def test_words_of_a_text(text, words):
  found = preprocessing.tokenize(tf.constant([text]))
  assert [word.decode() for word in found[0].numpy()] == words


def test_words_of_a_batch_are_those_of_its_texts():
  texts, words = zip(*_WORDS)
  found = preprocessing.tokenize(tf.constant(texts))
  assert [[word.decode() for word in row] for row in found.to_list()] == list(words)


def test_words_are_the_same_in_a_graph_of_version_1():
  texts, words = zip(*_WORDS)
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    found = session.run(preprocessing.tokenize(tf.constant(texts)))
  assert [[word.decode() for word in row] for row in found.to_list()] == list(words)


_TEXTS = [b'good good good film', b'bad film', b'good film', b'good film of the year', b'',
          b' '.join([b'good'] * 30 + [b'grand'])]


@pytest.fixture(scope='module', name='transformed')
def _transformed(tmp_path_factory):
  """The texts in at most 4 tokens of 5, and Transform's output."""
  return transforming.transform(_TEXTS, tmp_path_factory.mktemp('transform'), vocab_size=5, max_length=4)


def test_ids_are_exact(transformed):
  rows, output = transformed
  # The most frequent words are good and film; the 5 ids leave no room for bad.
  assert output.vocabulary_by_name(features.VOCABULARY) == [b'<pad>', b'<start>', b'<oov>', b'good', b'film']
  assert [row[features.TOKENS].tolist() for row in rows] == [
      [1, 3, 3, 3], [1, 2, 4, 0], [1, 3, 4, 0], [1, 3, 4, 2], [1, 0, 0, 0], [1, 3, 3, 3]]


def test_length_counts_the_start_token_and_stops_at_max_length(transformed):
  assert [row[features.LENGTH] for row in transformed[0]] == [4, 3, 3, 4, 1, 4]


def test_words_and_oov_words_are_counted_beyond_max_length(transformed):
  rows, _ = transformed
  assert [row[features.WORDS] for row in rows] == [4, 2, 2, 5, 0, 31]
  assert [row[features.OOV_WORDS] for row in rows] == [0, 1, 0, 3, 0, 1]
  assert [row[features.REVIEW_ID] for row in rows] == [b'%d' % number for number in range(len(_TEXTS))]


def test_serving_needs_no_label(transformed):
  rows, output = transformed
  served = output.transform_raw_features(
      {features.TEXT: tf.constant([[b'bad film']])}, drop_unused_features=True)
  assert served[features.TOKENS].numpy()[0].tolist() == rows[1][features.TOKENS].tolist()
