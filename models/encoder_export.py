"""The encoder of a trained model, taken out of its SavedModel in Hugging Face's layout.

So an encoder that was fine-tuned here can be trained further, be served beside n-grams, teach, or be used elsewhere.
"""

import json
import os
import shutil

import numpy as np
from safetensors import numpy as safetensors_numpy
import tensorflow as tf

from models import encoder_files

_LABELS = ('negative', 'positive')
_ARCHITECTURES = {'bert': 'BertForSequenceClassification', 'distilbert': 'DistilBertForSequenceClassification'}


def extra_assets(directory: str) -> dict[str, str]:
  """Return what a SavedModel needs besides its variables for `write_encoder`.

  Args:
    directory: of the encoder that the model started from, see models.encoder_files.

  Returns:
    The paths of files by their paths in assets.extra.
  """
  paths = {name: os.path.join(directory, name) for name in encoder_files.FILES if name != encoder_files.WEIGHTS_FILE}
  folder = os.path.basename(encoder_files.DIRECTORY_IN_MODEL)
  return {f'{folder}/{name}': path for name, path in paths.items() if os.path.exists(path)}


def write_encoder(saved_model: str, destination: str) -> None:
  """Write the encoder of a SavedModel as a fine-tuned classifier, see models.encoder_files.

  Args:
    saved_model: directory of a SavedModel with `extra_assets`.
    destination: an existing directory.
  """
  source = os.path.join(saved_model, encoder_files.DIRECTORY_IN_MODEL)
  shutil.copytree(source, destination, dirs_exist_ok=True)
  config, path = encoder_files.read_config(source), os.path.join(destination, encoder_files.CONFIG_FILE)
  with open(path, encoding='utf-8') as file:
    values = json.load(file)
  with open(path, 'w', encoding='utf-8') as file:
    json.dump({**values, 'architectures': [_ARCHITECTURES[config.kind]], 'id2label': dict(enumerate(_LABELS)),
               'label2id': {label: index for index, label in enumerate(_LABELS)}}, file, indent=2)
  variables = tf.train.load_checkpoint(os.path.join(saved_model, 'variables', 'variables'))
  weights = {}
  for name in encoder_files.tensor_shapes(config):
    tensor = variables.get_tensor(f'encoder/{name.replace(".", "/")}')
    if name.startswith('classifier.'):
      # The model's single logit is the difference of the logits of two labels.
      tensor = np.concatenate([-tensor, tensor]) / 2
    weights[encoder_files.name_in_file(name, config.kind)] = np.ascontiguousarray(tensor)
  safetensors_numpy.save_file(weights, os.path.join(destination, encoder_files.WEIGHTS_FILE))
