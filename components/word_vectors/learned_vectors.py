"""Word vectors learned from the reviews of a run: words in similar contexts get similar vectors.

After O. Levy, Y. Goldberg and I. Dagan, "Improving Distributional Similarity with Lessons Learned from Word
Embeddings", TACL 2015: the positive pointwise mutual information of words and context words, with smoothed
probabilities of the context words, is reduced by a truncated singular value decomposition. The most frequent words are
no context words, as in R. Johnson and T. Zhang, "Semi-supervised Convolutional Neural Networks for Text Categorization
via Region Embedding", NIPS 2015, where a convolution also reads what predicts the words around.
"""

from typing import Iterator

import apache_beam as beam
import numpy as np
import scipy.sparse
from sklearn.utils import extmath
import tensorflow as tf

from components.word_vectors import glove
from components.word_vectors import sources
from models import features

_DIMENSION = 100
_WINDOW = 5  # words on either side that are the context of a word
_MOST_FREQUENT, _CONTEXT_WORDS = 60, 12_000  # words, by frequency, that are no context words, and those that are
_SMOOTHING = 0.75  # exponent of the frequencies of context words
_ITERATIONS = 3  # of the randomized decomposition
_SCALE = 0.5  # root mean square of the numbers, about as in GloVe's files
_RESERVED = len(features.RESERVED_TOKENS)  # ids below it are not words
_BATCH = 2_000  # reviews counted at a time
_BLOCK = 1_000  # rows of counts in an element: all of them would be hundreds of megabytes
_SPEC = {features.TOKENS: tf.io.VarLenFeature(tf.int64)}


def count_files(files: beam.PCollection, size: int) -> beam.PCollection:
  """Count the context words in files, on Beam.

  Args:
    files: paths of gzipped TFRecords of transformed examples.
    size: of the vocabulary.

  Returns:
    Numbers of blocks of rows, from 0, and these rows of the counts, see `count_context_words`.
  """
  return files | 'Count' >> beam.FlatMap(_count_file, size) | 'Sum' >> beam.CombinePerKey(sum)


def count_context_words(tokens: np.ndarray, size: int) -> scipy.sparse.csr_matrix:
  """Count the context words of each word.

  Args:
    tokens: ids of the words of texts, int64 [batch, time], padded with PADDING_ID.
    size: of the vocabulary, which is sorted by frequency.

  Returns:
    int64 [size, context words]: how often each context word is at most five words before or after each word.
  """
  first, number = _find_context_words(size)
  words, contexts = [], []
  for distance in range(1, _WINDOW + 1):
    before, after = tokens[:, :-distance], tokens[:, distance:]
    is_inside = after != features.PADDING_ID
    words += [before[is_inside], after[is_inside]]
    contexts += [after[is_inside], before[is_inside]]
  rows, columns = np.concatenate(words), np.concatenate(contexts) - first
  kept = (columns >= 0) & (columns < number)
  return scipy.sparse.csr_matrix(
      (np.ones(kept.sum(), np.int64), (rows[kept], columns[kept])), shape=(size, number))


def factorize(counts: scipy.sparse.spmatrix, seed: int) -> glove.Rows:
  """Make word vectors of counts.

  Args:
    counts: see `count_context_words`.
    seed: of the decomposition, and of the rows of words without contexts.

  Returns:
    The rows by id.

  Raises:
    ValueError: no word tells anything about another one.
  """
  information = _positive_information(counts)
  found = np.asarray(information.sum(axis=1))[:, 0] > 0
  found[:_RESERVED] = False
  if not found.any():
    raise ValueError(f'--embeddings {sources.REVIEWS}: the reviews have too few words to learn vectors from; pass a '
                     'GloVe file')
  left, scales, _ = extmath.randomized_svd(
      information, min(_DIMENSION, *counts.shape), n_iter=_ITERATIONS, random_state=seed)
  vectors = left * np.sqrt(scales)
  vectors *= _SCALE / np.sqrt(np.mean(np.square(vectors[found])))
  matrix = glove.random_rows(counts.shape[0], vectors.shape[1], seed)
  matrix[found] = vectors[found]
  return glove.Rows(matrix, found, duplicates=0)


def _find_context_words(size):
  """Return the id of the first context word in a vocabulary, and the number of context words, which follow it."""
  first = _RESERVED + min(_MOST_FREQUENT, size // 10)
  return first, min(_CONTEXT_WORDS, max(size - first, 1))


def _count_file(path: str, size: int) -> Iterator[tuple[int, scipy.sparse.csr_matrix]]:
  for batch in tf.data.TFRecordDataset(path, 'GZIP').batch(_BATCH):
    tokens = tf.sparse.to_dense(tf.io.parse_example(batch, _SPEC)[features.TOKENS]).numpy()
    counts = count_context_words(tokens[:, :1 + np.flatnonzero(tokens.any(axis=0)).max(initial=0)], size)
    for block in range(-(-size // _BLOCK)):
      yield block, counts[block * _BLOCK:(block + 1) * _BLOCK]


def _positive_information(counts):
  """Return the positive pointwise mutual information of words and context words, sparse float32."""
  counts = counts.tocoo()
  of_words = np.asarray(counts.sum(axis=1))[:, 0]
  of_contexts = np.asarray(counts.sum(axis=0))[0] ** _SMOOTHING
  of_contexts /= of_contexts.sum()
  information = np.log(counts.data / (of_words[counts.row] * of_contexts[counts.col]))
  kept = information > 0
  return scipy.sparse.csr_matrix(
      (information[kept].astype(np.float32), (counts.row[kept], counts.col[kept])), shape=counts.shape)
