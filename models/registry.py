"""The list of models by name. A new model is one file, and one line here.

The code that trains does not import this module but is given the path of one model's record: so a line more or less
here leaves the code fingerprints, and with them the cached trainings of the other models, as they are.
"""

from models import model

# name -> 'module:NAME' of the record. Strings, so that listing the names does not import TensorFlow.
MODELS = {
    'bow_sparse': 'models.networks.linear:BOW_SPARSE',
    'bow_embeddings': 'models.networks.bow_embeddings:BOW_EMBEDDINGS',
    'ngrams': 'models.networks.linear:NGRAMS',
    'cnn': 'models.networks.cnn:CNN',
    'cnn_pretrained': 'models.networks.cnn:CNN_PRETRAINED',
    'lstm': 'models.networks.lstm:LSTM',
    'lstm_pretrained': 'models.networks.lstm:LSTM_PRETRAINED',
    'wide_cnn': 'models.networks.wide_deep:WIDE_CNN',
    'wide_deep': 'models.networks.wide_deep:WIDE_DEEP',
    'encoder': 'models.networks.encoder:ENCODER',
    'encoder_wide': 'models.networks.encoder_wide:ENCODER_WIDE',
}
# The models of the 2018 TensorFlow tutorial, with its settings.
_TUTORIAL = {
    'bow_sparse': 'models.networks.tutorial:BOW_SPARSE',
    'bow_embeddings': 'models.networks.tutorial:BOW_EMBEDDINGS',
    'cnn': 'models.networks.tutorial:CNN',
    'cnn_pretrained': 'models.networks.tutorial:CNN_PRETRAINED',
    'lstm': 'models.networks.tutorial:LSTM',
}
_PRESETS = {'default': MODELS, 'tutorial': _TUTORIAL}


def names(preset: str = 'default') -> list[str]:
  """Return the names of the models of a preset.

  Raises:
    ValueError: there is no such preset; the message lists the presets.
  """
  if preset not in _PRESETS:
    raise ValueError(f'unknown preset {preset!r}; choose from: {", ".join(_PRESETS)}')
  return list(_PRESETS[preset])


def record_path(name: str, preset: str = 'default') -> str:
  """Return the path of a model's record, 'module:NAME', as models.model.load takes it.

  Raises:
    ValueError: there is no such model or preset; the message lists the available ones.
  """
  if name not in names(preset):
    kind = 'model' if preset == 'default' else f'model of the preset {preset}'
    raise ValueError(f'unknown {kind} {name!r}; choose from: {", ".join(names(preset))}')
  return _PRESETS[preset][name]


def module_name(name: str, preset: str = 'default') -> str:
  """Return the dotted name of the module that defines a model; raises ValueError as `record_path` does."""
  return record_path(name, preset).partition(':')[0]


def get(name: str, preset: str = 'default') -> model.Model:
  """Return the record of a model; raises ValueError as `record_path` does."""
  return model.load(record_path(name, preset))
