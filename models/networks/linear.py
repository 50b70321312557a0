"""Linear models of words and n-grams: bow_sparse and ngrams, both tf.estimator.LinearClassifier.

bow_sparse is the baseline of the 2018 TensorFlow tutorial on text classification with Estimators, without its flaw of
counting padding as a word; ngrams reads word pairs and triples too. The weights of both are after S. Wang and C. D.
Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL 2012; tf-idf is an option.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import hparams
from models import model
from models.text import ngrams
from models.training import heads
from models.training import summaries


@dataclasses.dataclass(frozen=True)
class LinearHparams(hparams.Hparams):
  """Hyper-parameters of the linear models, in addition to the common ones.

  Attributes:
    vocab_size: number of n-grams that are kept, those whose presence says most about the label; also the number of
      token ids.
    order: n-grams have 1 to `order` words.
    min_reviews: number of train examples that an n-gram must occur in.
    weighting: weighting of the n-grams of a text: count, tfidf or nb; see models/text/ngrams.py.
  """

  vocab_size: int = 30_000
  max_length: int = 1_000
  train_steps: int = 4_000
  learning_rate: float = 0.01
  order: int = 1
  min_reviews: int = 2
  weighting: str = 'nb'

  BOUNDS = {'order': (1, 5), 'min_reviews': hparams.AT_LEAST_1}

  def __post_init__(self) -> None:
    super().__post_init__()
    if self.weighting not in ngrams.WEIGHTINGS:
      raise ValueError(f'weighting must be one of {", ".join(ngrams.WEIGHTINGS)}, not {self.weighting!r}')

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform; see models.hparams.Hparams."""
    selection = {'order': self.order, 'size': self.vocab_size, 'min_reviews': self.min_reviews}
    return {**super().preprocessing(), 'ngrams': {**selection, 'weighting': self.weighting}}


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[LinearHparams],
             config: tf.estimator.RunConfig) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  column = tf.feature_column.weighted_categorical_column(
      tf.feature_column.categorical_column_with_identity(keys.NGRAM_IDS, params.hparams.vocab_size), keys.NGRAM_WEIGHTS)
  optimizer = tf.keras.optimizers.legacy.Adam(params.hparams.learning_rate)
  if mode == tf.estimator.ModeKeys.TRAIN:
    summaries.add_learning_rate(params.hparams.learning_rate)
  linear = tf.estimator.LinearClassifier([column], optimizer=optimizer, config=config, sparse_combiner='sum')
  return heads.add_summaries_and_exports(linear.model_fn(features, labels, mode, config), features, labels)


BOW_SPARSE = model.Model(model_fn, LinearHparams(batch_size=400, learning_rate=0.04))
NGRAMS = model.Model(model_fn, LinearHparams(vocab_size=200_000, order=3))
