"""Text classifiers of scikit-learn as references: tf-idf of words, and n-grams weighted by naive Bayes."""

import csv
import os

import numpy as np
from scipy import sparse
from sklearn import linear_model
from sklearn import pipeline
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.feature_extraction import text


class NaiveBayesRatios(BaseEstimator, TransformerMixin):
  """Weights n-grams by their log-count ratios (S. Wang and C. D. Manning, ACL 2012)."""

  def fit(self, counts: sparse.spmatrix, labels: np.ndarray) -> 'NaiveBayesRatios':
    """Compute the ratios from counts [texts, n-grams] and labels 0 or 1 [texts]."""
    positive = np.asarray(counts[labels == 1].sum(0))[0] + 1.0
    negative = np.asarray(counts[labels == 0].sum(0))[0] + 1.0
    self.ratios_ = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return self

  def transform(self, counts: sparse.spmatrix) -> sparse.spmatrix:
    """Return weighted counts [texts, n-grams]."""
    return counts @ sparse.diags(self.ratios_)


def unigrams() -> pipeline.Pipeline:
  """Return the usual first model: logistic regression on the tf-idf of words."""
  return pipeline.make_pipeline(text.TfidfVectorizer(sublinear_tf=True, min_df=2), linear_model.LogisticRegression(C=4))


def ngrams() -> pipeline.Pipeline:
  """Return a linear model of words, pairs and triples of words."""
  return pipeline.make_pipeline(
      text.CountVectorizer(binary=True, ngram_range=(1, 3), min_df=2), NaiveBayesRatios(),
      linear_model.LogisticRegression(solver='liblinear', dual=True, C=1))


MODELS = {'bow_sparse': unigrams, 'ngrams': ngrams}  # by this project's model of the same kind


def read_csv(path: 'str | os.PathLike[str]') -> dict[str, tuple[list[str], np.ndarray]]:
  """Return texts and labels by split.

  Args:
    path: a CSV file with the columns text, label and split.

  Returns:
    {'train': (texts, int64 [texts]), 'test': ...}.
  """
  splits: dict[str, tuple[list[str], list[int]]] = {'train': ([], []), 'test': ([], [])}
  with open(path, encoding='utf-8', newline='') as file:
    for row in csv.DictReader(file):
      texts, labels = splits[row['split']]
      texts.append(row['text'])
      labels.append(int(row['label']))
  return {split: (texts, np.array(labels)) for split, (texts, labels) in splits.items()}
