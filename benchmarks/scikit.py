"""Text classifiers of scikit-learn, to measure ours against: tf-idf of words, and naive-Bayes weighted n-grams."""

import csv

import numpy as np
from scipy import sparse
from sklearn import linear_model
from sklearn import pipeline
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.feature_extraction import text


class NaiveBayesRatios(BaseEstimator, TransformerMixin):
  """Weights n-grams by their log-count ratios (S. Wang and C. D. Manning, ACL 2012)."""

  def fit(self, counts, labels):
    positive = np.asarray(counts[labels == 1].sum(0))[0] + 1.0
    negative = np.asarray(counts[labels == 0].sum(0))[0] + 1.0
    self.ratios_ = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return self

  def transform(self, counts):
    return counts @ sparse.diags(self.ratios_)


def unigrams():
  """The usual first try."""
  return pipeline.make_pipeline(text.TfidfVectorizer(sublinear_tf=True, min_df=2), linear_model.LogisticRegression(C=4))


def ngrams():
  """Words, pairs and triples of them."""
  return pipeline.make_pipeline(
      text.CountVectorizer(binary=True, ngram_range=(1, 3), min_df=2), NaiveBayesRatios(),
      linear_model.LogisticRegression(solver='liblinear', dual=True, C=1))


MODELS = {'bow_sparse': unigrams, 'ngrams': ngrams}  # by the model of ours that is of their kind


def read(path):
  """Texts and labels by split: {'train': (list, int array), 'test': ...}."""
  found = {'train': ([], []), 'test': ([], [])}
  with open(path, encoding='utf-8', newline='') as file:
    for row in csv.DictReader(file):
      texts, labels = found[row['split']]
      texts.append(row['text'])
      labels.append(int(row['label']))
  return {split: (texts, np.array(labels)) for split, (texts, labels) in found.items()}
