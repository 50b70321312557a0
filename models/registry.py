"""Models by name. A new model is one file and one line here."""

import importlib

from models import model

# name -> 'module:record'. Strings, so that listing the names imports nothing, and so that the code fingerprint of
# one model does not depend on the files of the others.
MODELS = {
    'bow_sparse': 'models.networks.linear:BOW_SPARSE',
    'bow_embeddings': 'models.networks.bow_embeddings:BOW_EMBEDDINGS',
    'ngrams': 'models.networks.linear:NGRAMS',
    'cnn': 'models.networks.cnn:CNN',
    'cnn_pretrained': 'models.networks.cnn:CNN_PRETRAINED',
    'lstm': 'models.networks.lstm:LSTM',
    'lstm_pretrained': 'models.networks.lstm:LSTM_PRETRAINED',
    'wide_deep': 'models.networks.wide_deep:WIDE_DEEP',
}


# The same names with the settings of the 2018 tutorial.
_TUTORIAL = {
    'bow_sparse': 'models.networks.tutorial:BOW_SPARSE',
    'bow_embeddings': 'models.networks.tutorial:BOW_EMBEDDINGS',
    'cnn': 'models.networks.tutorial:CNN',
    'cnn_pretrained': 'models.networks.tutorial:CNN_PRETRAINED',
    'lstm': 'models.networks.tutorial:LSTM',
}
_PRESETS = {'default': MODELS, 'tutorial': _TUTORIAL}


def names(preset: str = 'default') -> list[str]:
  """The models of a preset; raises ValueError, listing the presets, where there is no such preset."""
  if preset not in _PRESETS:
    raise ValueError(f'unknown preset {preset!r}; choose from: {", ".join(_PRESETS)}')
  return list(_PRESETS[preset])


def module_of(name: str, preset: str = 'default') -> str:
  """The dotted module that defines the model.

  Raises:
    ValueError: there is no such model or preset; the message lists those there are.
  """
  return _entry(name, preset)[0]


def get(name: str, preset: str = 'default') -> model.Model:
  """The record of the model; raises ValueError as `module_of` does."""
  module, record = _entry(name, preset)
  return getattr(importlib.import_module(module), record)


def _entry(name: str, preset: str) -> tuple[str, str]:
  if name not in names(preset):
    kind = 'model' if preset == 'default' else f'model of the preset {preset}'
    raise ValueError(f'unknown {kind} {name!r}; choose from: {", ".join(names(preset))}')
  module, _, record = _PRESETS[preset][name].partition(':')
  return module, record
