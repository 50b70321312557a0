"""Models by name. A new model is one file and one line here."""

import importlib

from models import model

# name -> 'module:record'. Strings, so that listing the names imports nothing, and so that the code fingerprint of
# one model does not depend on the files of the others.
MODELS = {
    'bow_sparse': 'models.bow:BOW_SPARSE',
    'bow_embeddings': 'models.bow_embeddings:BOW_EMBEDDINGS',
    'ngrams': 'models.bow:NGRAMS',
    'cnn': 'models.cnn:CNN',
    'cnn_pretrained': 'models.cnn:CNN_PRETRAINED',
    'lstm': 'models.lstm:LSTM',
    'lstm_pretrained': 'models.lstm:LSTM_PRETRAINED',
    'wide_deep': 'models.wide_deep:WIDE_DEEP',
}


def module_of(name: str) -> str:
  """The dotted module that defines the model.

  Raises:
    ValueError: there is no such model; the message lists those there are.
  """
  if name not in MODELS:
    raise ValueError(f'unknown model {name!r}; choose from: {", ".join(MODELS)}')
  return MODELS[name].partition(':')[0]


def get(name: str) -> model.Model:
  """The record of the model; raises ValueError as `module_of` does."""
  return getattr(importlib.import_module(module_of(name)), MODELS[name].partition(':')[2])
