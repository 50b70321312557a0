"""What a model file offers: a record of its model_fn, its hyper-parameters and its use of word vectors."""

import dataclasses
import enum
from typing import Any, Callable, Optional

from models import hparams


class WordVectors(enum.Enum):
  """Whether a model starts from pre-trained word vectors."""

  UNUSED = 'unused'
  OPTIONAL = 'optional'
  REQUIRED = 'required'


@dataclasses.dataclass(frozen=True)
class Params:
  """The `params` of every model_fn.

  Attributes:
    hparams: the model's own hyper-parameters.
    vocab_size: token ids in this vocabulary, at most hparams.vocab_size.
    seed: of initial weights and dropout.
    word_vectors: path of a float32 .npy [vocab_size, dimension], row i belonging to token id i; or None.
  """

  hparams: hparams.Hparams
  vocab_size: int
  seed: int
  word_vectors: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Model:
  """A model by its parts.

  Attributes:
    model_fn: (features, labels, mode, params, config) -> tf.estimator.EstimatorSpec, params being a `Params`.
    hparams: the hyper-parameters with their defaults.
    word_vectors: whether it uses pre-trained word vectors.
  """

  model_fn: Callable[..., Any]
  hparams: hparams.Hparams
  word_vectors: WordVectors = WordVectors.UNUSED
