"""Metrics of a training batch."""

import math

import numpy as np
import pytest
from sklearn import metrics

from models.training import summaries


def test_the_auc_of_a_batch_equals_scikit_learns():
  random = np.random.default_rng(0)
  for _ in range(20):
    positive = random.random(60) < 0.3
    scores = random.integers(0, 12, 60).astype(np.float32) / 12  # many ties
    assert summaries.batch_auc(positive, scores).numpy() == pytest.approx(metrics.roc_auc_score(positive, scores))


def test_the_auc_of_a_single_class_is_nan():
  assert math.isnan(summaries.batch_auc(np.ones(3, bool), np.ones(3, np.float32)).numpy())
