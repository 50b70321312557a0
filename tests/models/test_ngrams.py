import numpy as np
import pyarrow as pa
import pytest
from sklearn import feature_selection
from sklearn.feature_extraction import text as sklearn_text
import tensorflow as tf

from models import features
from models.text import counts as counts_lib
from models.text import ngrams
from models.text import ragged as ragged_lib
from pipeline.sources import sample_data
from tests import transforming

_TEXTS = [b'good good film', b'bad film', b'good plot', b'bad bad plot']
_LABELS = [1, 0, 1, 0]


def _count(batches, limit=None):
  """Counts the n-grams of batches, each ([(n-gram, row)], labels of the rows)."""
  counter = ngrams.NgramCounter(limit)
  parts = []
  for pairs, labels in batches:
    names, rows = zip(*pairs)
    present = ngrams._count_presence(tf.constant(names), tf.constant(rows, tf.int64), tf.constant(labels, tf.int64))
    parts.append(counter.add_input(counter.create_accumulator(), (*(each.numpy() for each in present), labels)))
  names, negative, positive, examples = counter.extract_output(counter.merge_accumulators(parts))
  return {name: counts for name, *counts in zip(names.to_pylist(), negative, positive)}, examples.tolist()


@pytest.mark.parametrize('max_pending_rows', [0, 10**6])
def test_an_ngram_counts_once_per_text_over_several_batches(monkeypatch, max_pending_rows):
  monkeypatch.setattr(counts_lib, 'MAX_PENDING_ROWS', max_pending_rows)
  counts, examples = _count([
      ([(b'good', 0), (b'good', 0), (b'film', 0), (b'film', 1)], [1, 0]),
      ([(b'good', 0), (b'good', 2)], [1, 0, 0]),
  ])
  assert counts == {b'good': [1, 2], b'film': [1, 1]}
  assert examples == [3, 2]


def test_an_approximate_count_keeps_ngrams_of_most_texts(monkeypatch):
  monkeypatch.setattr(counts_lib, 'MAX_PENDING_ROWS', 0)
  batch = [(b'good', 0), (b'film', 0), (b'rare', 0), (b'good', 1), (b'film', 2)], [1, 0, 0]
  counts, examples = _count([batch] * 3, limit=2)
  assert counts == {b'good': [3, 3], b'film': [3, 3]}
  assert examples == [6, 3]


def test_a_batch_without_ngrams_counts_its_texts_only():
  none, ids = tf.constant([], tf.string), tf.constant([], tf.int64)
  present = ngrams._count_presence(none, ids, tf.constant([1, 1], tf.int64))
  counter = ngrams.NgramCounter()
  accumulator = counter.add_input(counter.create_accumulator(), (*(each.numpy() for each in present), [1, 1]))
  names, _, _, examples = counter.extract_output(accumulator)
  assert len(names) == 0 and examples.tolist() == [0, 2]


def test_no_batch_at_all_selects_nothing():
  counter = ngrams.NgramCounter()
  names, negative, positive, examples = counter.extract_output(counter.create_accumulator())
  selected, weights = ngrams.select(names, negative, positive, examples, 10, 1, 'nb')
  assert list(selected) == [] and len(weights) == 0


def test_the_likelihood_ratio_is_twice_the_mutual_information():
  texts, labels = zip(*sample_data.generate_reviews(100, seed=1))
  counts = sklearn_text.CountVectorizer(binary=True).fit_transform(texts)
  labels = np.array(labels)
  present = np.array([np.asarray(counts[labels == label].sum(axis=0))[0] for label in (0, 1)])
  found = ngrams._likelihood_ratio(*present, np.bincount(labels))
  information = feature_selection.mutual_info_classif(counts, labels, discrete_features=True)
  np.testing.assert_allclose(found, 2 * len(labels) * information, atol=1e-6)  # information is in nats


def test_the_most_informative_are_selected_and_ties_go_by_name():
  names = pa.array([b'dull', b'the', b'rare', b'awful', b'great'], pa.binary())
  negative, positive = np.array([5, 9, 1, 5, 0]), np.array([1, 9, 0, 1, 8])
  selected, _ = ngrams.select(names, negative, positive, np.array([10, 10]), 3, 2, 'count')
  assert list(selected) == [b'great', b'awful', b'dull']


def test_naive_bayes_weights():
  names = pa.array([b'a', b'b'], pa.binary())
  selected, weights = ngrams.select(names, np.array([0, 3]), np.array([3, 1]), np.array([4, 4]), 2, 1, 'nb')
  # With 1 added to each count: (4/6) / (1/5) for a, (2/6) / (4/5) for b.
  expected = {b'a': np.log((4 / 6) / (1 / 5)), b'b': np.log((2 / 6) / (4 / 5))}
  assert dict(zip(selected, weights)) == pytest.approx(expected)


@pytest.mark.slow
def test_tfidf_weights_equal_scikit_learns(tmp_path):
  rows, _ = transforming.transform(
      _TEXTS, tmp_path, labels=_LABELS,
      ngrams={'order': 2, 'size': 100, 'min_reviews': 1, 'weighting': 'tfidf'})
  vectorizer = sklearn_text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
  expected = vectorizer.fit_transform([text.decode() for text in _TEXTS])
  for row, weights in zip(rows, expected):
    np.testing.assert_allclose(np.sort(row[features.NGRAM_WEIGHTS]), np.sort(weights.data), rtol=1e-5)


@pytest.mark.slow
def test_a_text_without_a_selected_ngram_has_none(tmp_path):
  config = {'order': 1, 'size': 2, 'min_reviews': 2, 'weighting': 'nb'}
  rows, _ = transforming.transform(_TEXTS + [b'', b'zzz'], tmp_path, labels=_LABELS + [1, 0], ngrams=config)
  # Good and bad separate the classes equally well; bad comes first by name.
  assert [row[features.NGRAM_IDS].tolist() for row in rows] == [[1], [0], [1], [0], [], []]
  assert [row[features.NGRAM_WEIGHTS].tolist() for row in rows] == [[1], [-1], [1], [-1], [], []]


@pytest.mark.parametrize('words', [[], [[]], [['a', 'b'], [], [], ['c'], []], [[], [], ['a']]])
def test_the_row_of_each_value(words):
  ragged = tf.ragged.constant(words, tf.string, ragged_rank=1, row_splits_dtype=tf.int64)
  np.testing.assert_array_equal(ragged_lib.row_ids(ragged), ragged.value_rowids())


@pytest.mark.slow
@pytest.mark.parametrize('is_approximate, expected', [(False, {None}), (True, {None, 80, 500})])
def test_approximate_vocabulary_bounds_both_counts(monkeypatch, tmp_path, is_approximate, expected):
  limits, add_up = set(), counts_lib.add_up

  def record(tables, at_once=False, limit=None):
    limits.add(limit)
    return add_up(tables, at_once, limit)

  monkeypatch.setattr(counts_lib, 'add_up', record)
  rows, _ = transforming.transform(_TEXTS, tmp_path, vocab_size=8, approximate_vocabulary=is_approximate, ngrams={
      'order': 1, 'size': 50, 'min_reviews': 1, 'weighting': 'nb'})
  assert limits == expected  # the end of a count has no limit
  assert [np.count_nonzero(row[features.TOKENS]) for row in rows] == [4, 3, 3, 4]
