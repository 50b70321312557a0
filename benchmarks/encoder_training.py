"""Training speed of the encoder with mixed precision, against float32: the same texts, batches and encoder.

The encoder has the structure of MiniLM (6 layers, 384 units) and random weights, and all texts have the same number of
pieces: neither changes the time.
"""

import json
import logging
import os
import pathlib
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import numpy as np
from safetensors import numpy as safetensors_numpy
import tensorflow as tf

from benchmarks import report
from benchmarks import training
from models import encoder_files
from models import features
from models import model as model_lib
from models import registry
from models.networks import precision
from models.training import job

_PIECES, _STEPS = (128, 256), 10
_CONFIG = {'model_type': 'bert', 'architectures': ['BertModel'], 'hidden_size': 384, 'num_hidden_layers': 6,
           'num_attention_heads': 12, 'intermediate_size': 1_536, 'max_position_embeddings': 512, 'vocab_size': 30_522}


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  logging.disable(logging.WARNING)
  steps, rows = min(settings.train_steps or _STEPS, _STEPS), []
  _write_encoder(settings.directory)
  for pieces in _PIECES:
    mixed, single = report.alternate(
        lambda unused_turn, pieces=pieces: {'seconds': train(settings.directory, pieces, True, steps)},
        lambda unused_turn, pieces=pieces: {'seconds': train(settings.directory, pieces, False, steps)},
        settings.repeats)
    rows.append(report.Row(
        'encoder_training', f'{pieces} pieces', mixed['seconds'], single['seconds'], 's per 1,000 texts',
        remark=f'{precision.fast_product_type().name}; reference: float32'))
  return rows


def _write_encoder(directory: pathlib.Path) -> None:
  (directory / encoder_files.CONFIG_FILE).write_text(json.dumps(_CONFIG))
  random = np.random.default_rng(0)
  shapes = encoder_files.tensor_shapes(encoder_files.read_config(str(directory)))
  safetensors_numpy.save_file(
      {name: random.normal('LayerNorm.weight' in name, 0.02, shape).astype(np.float32)
       for name, shape in shapes.items() if not encoder_files.is_new(name)}, directory / encoder_files.WEIGHTS_FILE)


def train(encoder: pathlib.Path, pieces: int, mixed_precision: bool, steps: int) -> float:
  """Train on random texts.

  Args:
    encoder: directory of the encoder.
    pieces: number of pieces of each text.
    mixed_precision: see models.networks.encoder.
    steps: number of steps that are measured.

  Returns:
    The seconds in which 1,000 texts are trained on.
  """
  model = registry.get('encoder')
  hparams = model.hparams.replace({'max_pieces': pieces, 'mixed_precision': mixed_precision})
  params = model_lib.Params(hparams, hparams.vocab_size, seed=0, encoder=str(encoder))

  def read_batches():
    batch = {features.WORDPIECES: tf.random.uniform([hparams.batch_size, pieces], 0, _CONFIG['vocab_size'], tf.int64),
             features.WORDPIECE_LENGTH: tf.fill([hparams.batch_size], tf.constant(pieces, tf.int64))}
    return tf.data.Dataset.from_tensors((batch, tf.range(hparams.batch_size) % 2)).repeat()

  with tempfile.TemporaryDirectory() as directory:
    estimator = job.build_estimator(model, params, directory, eval_every=10**6)
    steps_per_second = training.measure_speed(estimator, read_batches, steps, warm_up=2)
  return 1_000 / (hparams.batch_size * steps_per_second)
