"""Drift of the words of texts: how many the served model does not know, and how well new and previous texts differ."""

from typing import AbstractSet, NamedTuple, Optional, Sequence

import numpy as np
from scipy import sparse
from scipy import stats
from sklearn import feature_extraction
from sklearn import linear_model
from sklearn import metrics
from sklearn import model_selection
import tensorflow as tf

from models.text import preprocessing

# Where a fifth of the new texts are from another domain, the AUC is 0.6. Train and test of the Large Movie Review
# Dataset, whose reviews are about different films, give 0.53.
MAX_AUC = 0.6
MAX_OOV_RISE = 0.05  # from train to test of the same dataset it is 0.008
MIN_TEXTS = 50  # of fewer different ones, chance alone gives an AUC far from 0.5
_FOLDS, _PERMUTATIONS, _WORDS, _BATCH = 5, 1000, 5, 512
_INTERVAL = 2.5, 97.5  # percentiles

Words = Sequence[Sequence[bytes]]


class Difference(NamedTuple):
  """How well a classifier tells new texts from previous ones.

  Attributes:
    auc: area under its ROC curve on texts that it was not trained on, 0.5 for no difference.
    chance: the interval of 95 % of the AUCs if the texts were new or previous at random.
    new_words: the words most typical of the new texts.
    previous_words: the words most typical of the previous texts.
  """

  auc: float
  chance: tuple[float, float]
  new_words: list[str]
  previous_words: list[str]

  @property
  def is_drift(self) -> bool:
    """Whether the difference is larger than MAX_AUC, and not by chance."""
    return self.auc > max(MAX_AUC, self.chance[1])


def tokenize(texts: Sequence[bytes]) -> list[list[bytes]]:
  """Return the words of each text, as the models' own graph splits them."""
  words = []
  for start in range(0, len(texts), _BATCH):
    words += preprocessing.tokenize(tf.constant(texts[start:start + _BATCH], tf.string)).to_list()
  return words


def oov_share(words: Words, vocabulary: AbstractSet[bytes]) -> float:
  """Return the share of the words, from 0 to 1, that are out of a vocabulary."""
  found = [word in vocabulary for text in words for word in text]
  return 1 - sum(found) / len(found) if found else 0.0


def compare(new: Words, previous: Words) -> Optional[Difference]:
  """Train a classifier to tell new texts from previous ones.

  D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests" (2017).

  Args:
    new: words of each new text.
    previous: words of each previous text.

  Returns:
    The difference; None if there are fewer than MIN_TEXTS different texts of either.
  """
  if min(len(set(map(tuple, words))) for words in (new, previous)) < MIN_TEXTS:
    return None
  texts = [*new, *previous]
  is_new = np.arange(len(texts)) < len(new)
  # Short texts have few words, so each word counts once: the length has a check of its own.
  vectorizer = feature_extraction.text.TfidfVectorizer(analyzer=set, min_df=3)
  try:
    vectors = vectorizer.fit_transform(texts)
  except ValueError:  # there is no word in three texts
    return None
  scores = _cross_validate(vectors, is_new, texts)
  classifier = linear_model.LogisticRegression(C=10).fit(vectors, is_new)
  order = np.argsort(classifier.coef_[0])
  words = [word.decode(errors='replace') for word in vectorizer.get_feature_names_out()[order]]
  return Difference(metrics.roc_auc_score(is_new, scores), _chance_interval(scores, is_new),
                    words[:-_WORDS - 1:-1], words[:_WORDS])


def _cross_validate(vectors: sparse.csr_matrix, is_new: np.ndarray, texts: Words) -> np.ndarray:
  """Return for each text the probability that it is new, by a classifier that was trained on others.

  Equal texts are in one fold: a text that is in both samples is no difference that could be learned by heart.
  """
  numbers: dict[tuple[bytes, ...], int] = {}
  groups = [numbers.setdefault(tuple(text), len(numbers)) for text in texts]
  folds = model_selection.StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
  return model_selection.cross_val_predict(
      linear_model.LogisticRegression(C=10), vectors, is_new, groups=groups, cv=folds, method='predict_proba')[:, 1]


def _chance_interval(scores: np.ndarray, is_new: np.ndarray) -> tuple[float, float]:
  """Return the interval of the AUC over permutations of which texts are new."""
  ranks = stats.rankdata(scores)
  count = int(is_new.sum())
  random = np.random.default_rng(0)
  sums = np.array([random.permutation(ranks)[:count].sum() for _ in range(_PERMUTATIONS)])
  low, high = np.percentile((sums - count * (count + 1) / 2) / (count * (len(ranks) - count)), _INTERVAL)
  return float(low), float(high)
