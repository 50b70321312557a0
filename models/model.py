"""The record that defines a model: its model_fn, its hyper-parameters, its use of word vectors and of an encoder."""

import dataclasses
import enum
import importlib
from typing import Any, Callable, Generic, Optional, TypeVar

from models import hparams

_Hparams = TypeVar('_Hparams', bound=hparams.Hparams, covariant=True)


class WordVectors(enum.Enum):
  """Whether a model starts from pre-trained word vectors."""

  UNUSED = 'unused'
  OPTIONAL = 'optional'
  REQUIRED = 'required'


@dataclasses.dataclass(frozen=True)
class Params(Generic[_Hparams]):
  """The `params` argument of every model_fn.

  Attributes:
    hparams: the model's hyper-parameters.
    vocab_size: number of token ids in the vocabulary, at most hparams.vocab_size.
    seed: seed of the initial weights and of dropout.
    word_vectors: path of a float32 .npy [vocab_size, dimension] whose row i belongs to token id i; or None.
    encoder: directory of a pre-trained encoder, see models.encoder_files; or None.
    identity_ids: token ids of the identity terms that the vocabulary has, see models.text.identity_terms.
  """

  hparams: _Hparams
  vocab_size: int
  seed: int
  word_vectors: Optional[str] = None
  encoder: Optional[str] = None
  identity_ids: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Model:
  """A model.

  Attributes:
    model_fn: (features, labels, mode, params, config) -> tf.estimator.EstimatorSpec, where params is a `Params`; the
      function may leave out `config`.
    hparams: the hyper-parameters with their defaults.
    word_vectors: whether the model uses pre-trained word vectors.
    is_encoder: whether the model is, or has, a pre-trained encoder, which must then be named.
  """

  model_fn: Callable[..., Any]
  hparams: hparams.Hparams
  word_vectors: WordVectors = WordVectors.UNUSED
  is_encoder: bool = False


def load(path: str) -> Model:
  """Import the record of a model.

  Args:
    path: 'module:NAME', such as models.networks.cnn:CNN; see models.registry.

  Returns:
    The record.
  """
  module, _, name = path.partition(':')
  return getattr(importlib.import_module(module), name)
