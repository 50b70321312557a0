"""Word vectors learned from the reviews of a run: words with the same words around them get similar vectors.

After O. Levy, Y. Goldberg and I. Dagan, "Improving Distributional Similarity with Lessons Learned from Word
Embeddings", TACL 2015: the positive pointwise mutual information of words and their neighbours, with smoothed
probabilities of the neighbours, is reduced by a truncated singular value decomposition. The most frequent words are no
neighbours, as in R. Johnson and T. Zhang, "Semi-supervised Convolutional Neural Networks for Text Categorization via
Region Embedding", NIPS 2015, where the prediction of neighbours from unlabeled reviews is a convolution's input, too.
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
_WINDOW = 5  # words on either side that are neighbours
_MOST_FREQUENT, _NEIGHBOURS = 60, 12_000  # words, by frequency, that are no neighbours, and those that are
_SMOOTHING = 0.75  # exponent of the neighbours' frequencies
_ITERATIONS = 3  # of the randomized decomposition
_SCALE = 0.5  # root mean square of the numbers, about as in GloVe's files
_RESERVED = len(features.RESERVED_TOKENS)  # ids below it are not words
_BATCH = 2_000  # reviews counted at a time
_BLOCK = 1_000  # rows of counts in an element: all of them would be hundreds of megabytes
_SPEC = {features.TOKENS: tf.io.VarLenFeature(tf.int64)}


def count_files(files: beam.PCollection, size: int) -> beam.PCollection:
  """Count neighbours in files, on Beam.

  Args:
    files: paths of gzipped TFRecords of transformed examples.
    size: of the vocabulary.

  Returns:
    Numbers of blocks of rows, from 0, and these rows of the counts, see `count_neighbours`.
  """
  return files | 'Count' >> beam.FlatMap(_count_file, size) | 'Sum' >> beam.CombinePerKey(sum)


def count_neighbours(tokens: np.ndarray, size: int) -> scipy.sparse.csr_matrix:
  """Count how often words are neighbours.

  Args:
    tokens: ids of the words of texts, int64 [batch, time], padded with PADDING_ID.
    size: of the vocabulary, which is sorted by frequency.

  Returns:
    int64 [size, neighbours]: how often each of the words that can be neighbours, see `_count_possible`, is less than
    six words before or after each word of the vocabulary.
  """
  skipped, possible = _count_possible(size)
  words, neighbours = [], []
  for distance in range(1, _WINDOW + 1):
    before, after = tokens[:, :-distance], tokens[:, distance:]
    is_inside = after != features.PADDING_ID
    words += [before[is_inside], after[is_inside]]
    neighbours += [after[is_inside], before[is_inside]]
  rows, columns = np.concatenate(words), np.concatenate(neighbours) - skipped
  kept = (columns >= 0) & (columns < possible)
  return scipy.sparse.csr_matrix(
      (np.ones(kept.sum(), np.int64), (rows[kept], columns[kept])), shape=(size, possible))


def factorize(counts: scipy.sparse.spmatrix, seed: int) -> glove.Rows:
  """Make word vectors of counts.

  Args:
    counts: see `count_neighbours`.
    seed: of the decomposition, and of the rows of words without neighbours.

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


def _count_possible(size):
  """Return the id of the first word of a vocabulary that can be a neighbour, and how many can be one."""
  first = _RESERVED + min(_MOST_FREQUENT, size // 10)
  return first, min(_NEIGHBOURS, max(size - first, 1))


def _count_file(path: str, size: int) -> Iterator[tuple[int, scipy.sparse.csr_matrix]]:
  for batch in tf.data.TFRecordDataset(path, 'GZIP').batch(_BATCH):
    tokens = tf.sparse.to_dense(tf.io.parse_example(batch, _SPEC)[features.TOKENS]).numpy()
    counts = count_neighbours(tokens[:, :1 + np.flatnonzero(tokens.any(axis=0)).max(initial=0)], size)
    for block in range(-(-size // _BLOCK)):
      yield block, counts[block * _BLOCK:(block + 1) * _BLOCK]


def _positive_information(counts):
  """Return the positive pointwise mutual information of words and neighbours, sparse float32."""
  counts = counts.tocoo()
  of_words = np.asarray(counts.sum(axis=1))[:, 0]
  of_neighbours = np.asarray(counts.sum(axis=0))[0] ** _SMOOTHING
  of_neighbours /= of_neighbours.sum()
  information = np.log(counts.data / (of_words[counts.row] * of_neighbours[counts.col]))
  kept = information > 0
  return scipy.sparse.csr_matrix(
      (information[kept].astype(np.float32), (counts.row[kept], counts.col[kept])), shape=counts.shape)
