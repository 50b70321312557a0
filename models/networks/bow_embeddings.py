"""bow_embeddings: a dense network on the mean of the embeddings of a text's words and word pairs.

The second baseline of the 2018 TensorFlow tutorial on text classification with Estimators, with the word pairs that
fastText adds (A. Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017), selected instead of
hashed, and with whole n-grams dropped in training (M. Iyyer et al., "Deep Unordered Composition Rivals Syntactic
Methods for Text Classification", ACL 2015).
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import hparams
from models import model
from models.networks import layers
from models.networks import linear
from models.training import heads
from models.training import optimizers


@dataclasses.dataclass(frozen=True)
class BowEmbeddingsHparams(linear.LinearHparams):
  """Hyper-parameters of bow_embeddings, in addition to those of the linear models.

  Attributes:
    embedding_dim: dimension of the n-grams' embeddings.
    hidden: units of the dense layer; 0 leaves the layer out.
    ngram_dropout: share of a text's n-grams that are dropped in training.
  """

  vocab_size: int = 150_000
  order: int = 2
  weighting: str = 'count'
  learning_rate: float = 0.1
  embedding_dim: int = 50
  hidden: int = 100
  ngram_dropout: float = 0.7

  BOUNDS = {'embedding_dim': hparams.AT_LEAST_1, 'hidden': hparams.AT_LEAST_0, 'ngram_dropout': (0, 0.99)}

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    return {**super().search_space(), 'embedding_dim': (25, 50, 100), 'hidden': (0, 50, 100, 200),
            'ngram_dropout': hparams.Range(0, 0.9)}


def network(features: Mapping[str, tf.SparseTensor], mode: str, size: int, settings: Any, seed: int) -> tf.Tensor:
  """Build the network without its head.

  Args:
    features: NGRAM_IDS and NGRAM_WEIGHTS by key.
    mode: a tf.estimator.ModeKeys.
    size: number of different n-grams.
    settings: hyper-parameters with embedding_dim, hidden and ngram_dropout, see `BowEmbeddingsHparams`.
    seed: seed of the dropout.

  Returns:
    The logits, float32 [batch, 1].
  """
  ids, weights = features[keys.NGRAM_IDS], features[keys.NGRAM_WEIGHTS]
  kept = layers.dropout(weights.values, settings.ngram_dropout, mode, seed)
  with tf.compat.v1.variable_scope('embedding'):
    table = tf.compat.v1.get_variable(
        'ngrams', [size, settings.embedding_dim], initializer=tf.compat.v1.random_uniform_initializer(-0.05, 0.05))
  # The weights of a text have Euclidean length 1, so their sum is a mean up to a factor.
  bag = tf.nn.safe_embedding_lookup_sparse(
      table, ids, tf.SparseTensor(ids.indices, kept, ids.dense_shape), combiner='sum')
  bag = tf.reshape(bag, [-1, settings.embedding_dim])
  hidden = layers.dense(bag, settings.hidden, 'hidden', tf.nn.relu) if settings.hidden else bag
  return layers.dense(hidden, 1, 'logits')


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[BowEmbeddingsHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  logits = network(features, mode, settings.vocab_size, settings, params.seed)
  return heads.estimator_spec(features, labels, mode, logits, optimizers.adagrad(settings.learning_rate))


BOW_EMBEDDINGS = model.Model(model_fn, BowEmbeddingsHparams())
