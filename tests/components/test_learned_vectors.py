"""Word vectors learned from reviews: their counts, their decomposition, and which reviews they are learned from."""

import types

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

from components.common import artifacts
from components.word_vectors import executor
from components.word_vectors import learned_vectors
from models import features
from pipeline import beam_runners

_SIZE = 40  # of the vocabulary: ids from 3 are words, of which the first four are no context words
_FIRST = 7  # context word


def _write(path, texts):
  """Write transformed examples, padded to the same length."""
  path.parent.mkdir(parents=True, exist_ok=True)
  with tf.io.TFRecordWriter(str(path), 'GZIP') as writer:
    for ids in texts:
      example = tf.train.Example()
      example.features.feature[features.TOKENS].int64_list.value.extend([*ids, *[0] * (50 - len(ids))])
      writer.write(example.SerializeToString())


def _make_texts(number, seed):
  """Make texts in which word 10 goes with 30 to 34, words 11 and 12 with 35 to 39, in either order."""
  random = np.random.default_rng(seed)
  texts = []
  for _ in range(number):
    word = random.integers(10, 13)
    others = random.integers(30, 35, 6) if word == 10 else random.integers(35, 40, 6)
    texts.append([1, *random.permutation([word, *others])])
  return texts


def _count_slowly(texts):
  counts = np.zeros((_SIZE, _SIZE), int)
  for text in texts:
    for i, word in enumerate(text):
      for j, other in enumerate(text):
        counts[word, other] += 0 < abs(i - j) <= 5
  return counts[:, _FIRST:]


def _as_batch(texts):
  return np.array([[*text, *[0] * (60 - len(text))] for text in texts])


def test_context_words_are_at_most_five_words_away():
  texts = [np.random.default_rng(seed).integers(1, _SIZE, 3 * seed + 1).tolist() for seed in range(9)]
  np.testing.assert_array_equal(learned_vectors.count_context_words(_as_batch(texts), _SIZE).toarray(),
                                _count_slowly(texts))


def _learn(directory, monkeypatch, split_names, beam_runner):
  """Run the executor on the splits that are in a directory; returns its artifact."""
  monkeypatch.setattr(learned_vectors, '_BLOCK', 16)
  monkeypatch.setattr(executor.tft, 'TFTransformOutput', lambda uri: types.SimpleNamespace(
      vocabulary_by_name=lambda name: [b'word%d' % number for number in range(_SIZE)]))
  inputs = {'transform_graph': [standard_artifacts.TransformGraph()],
            'transformed_examples': [standard_artifacts.Examples()]}
  inputs['transformed_examples'][0].uri = str(directory)
  inputs['transformed_examples'][0].split_names = split_names
  output = artifacts.WordVectorsArtifact()
  output.uri = str(directory)
  context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=beam_runners.beam_args(beam_runner).split())
  executor.Executor(context).Do(inputs, {'word_vectors': [output]}, {'embeddings': 'reviews', 'seed': 0})
  return output


def _read_vectors(directory):
  return np.load(directory / executor.VECTORS_FILE)


@pytest.mark.parametrize('beam_runner', ['direct', pytest.param('multiprocess', marks=pytest.mark.slow)])
def test_vectors_are_learned_from_train_and_unlabeled(tmp_path, monkeypatch, beam_runner):
  train, unlabeled, evaluation = _make_texts(600, 0), _make_texts(40, 1), _make_texts(30, 2)
  for texts, path in ((train, 'Split-train/a.gz'), (unlabeled[:30], 'Split-unlabeled/a.gz'),
                      (unlabeled[30:], 'Split-unlabeled/b.gz'), (evaluation, 'Split-eval/a.gz')):
    _write(tmp_path / path, texts)
  output = _learn(tmp_path, monkeypatch, '["train", "eval", "unlabeled"]', beam_runner)
  expected = learned_vectors.factorize(scipy.sparse.csr_matrix(_count_slowly(train + unlabeled)), seed=0).matrix
  expected[features.PADDING_ID] = 0
  np.testing.assert_array_equal(_read_vectors(tmp_path), expected)
  assert sorted(path.name for path in tmp_path.iterdir()) == [
      'Split-eval', 'Split-train', 'Split-unlabeled', 'vectors.npy']
  assert output.get_int_custom_property('learned') == 1 and output.get_string_custom_property('source_hash') == ''
  assert output.get_int_custom_property('dimension') == _SIZE - _FIRST
  assert output.get_float_custom_property('token_coverage') == 1  # the words that the texts do not have count nothing
  assert output.get_float_custom_property('vocabulary_coverage') == pytest.approx(13 / 37)


def test_the_same_words_around_make_similar_vectors():
  texts = _make_texts(300, 0)
  rows = learned_vectors.factorize(learned_vectors.count_context_words(_as_batch(texts), _SIZE), seed=0)
  assert np.flatnonzero(rows.found).tolist() == [10, 11, 12, *range(30, 40)]
  unit = rows.matrix / np.linalg.norm(rows.matrix, axis=1, keepdims=True)
  assert unit[11] @ unit[12] > 0.7 > 0.3 > unit[10] @ unit[12]
  assert np.sqrt(np.mean(np.square(rows.matrix[rows.found]))) == pytest.approx(0.5)
  assert np.abs(rows.matrix[~rows.found]).max() <= 0.05


def test_vectors_are_the_decomposition_of_the_information():
  counts = _count_slowly(_make_texts(300, 0))
  with np.errstate(divide='ignore', invalid='ignore'):
    smoothed = counts.sum(axis=0) ** 0.75
    information = np.log(counts / counts.sum(axis=1, keepdims=True) / (smoothed / smoothed.sum()))
  information = np.nan_to_num(np.maximum(information, 0), nan=0)
  rows = learned_vectors.factorize(scipy.sparse.csr_matrix(counts), seed=0)
  products = rows.matrix @ rows.matrix.T
  expected = scipy.linalg.sqrtm(information @ information.T).real  # U S U', whatever the signs of the vectors
  known = np.ix_(rows.found, rows.found)
  scale = products[known].trace() / expected[known].trace()
  np.testing.assert_allclose(products[known], scale * expected[known], atol=1e-3)


@pytest.mark.parametrize('tokens', [[[1, 3, 0]], [[3, 3]], [[0]]])
def test_too_few_words_are_refused_with_what_to_do(tokens):
  with pytest.raises(ValueError, match='--embeddings reviews: the reviews have too few words .*; pass a GloVe file'):
    learned_vectors.factorize(learned_vectors.count_context_words(np.array(tokens), 4), seed=0)


@pytest.mark.parametrize('size', [5, 12, 200])
def test_small_vocabularies_have_vectors(size):
  tokens = np.random.default_rng(0).integers(3, size, (20, 30))
  rows = learned_vectors.factorize(learned_vectors.count_context_words(tokens, size), seed=0)
  assert rows.matrix.shape[0] == size and np.isfinite(rows.matrix).all()
