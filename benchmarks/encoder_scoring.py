"""Speed of a fine-tuned encoder against ONNX Runtime or PyTorch: the same reviews, weights and parts of a batch.

  .venv/bin/python -m benchmarks.encoder_scoring ENCODER onnx PYTHON [--data PATH] [--reviews 300] [--repeats 3]
  .venv/bin/python -m benchmarks.encoder_scoring ENCODER torch PYTHON [--train-steps 10]

ENCODER is a directory, for --model encoder, and PYTHON that of an environment with the library: onnx, onnxruntime and
safetensors, or torch and transformers. Both sides get ids, in float32, as the exported model scores them; one more row
has bfloat16, as a teacher scores if the processor multiplies it faster. The reviews are those of --data or IMDB_DATA,
or sample data. With --train-steps, PyTorch also trains, in both types, as benchmarks.encoder_training does.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time
from typing import Callable, Optional, Sequence

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import numpy as np
import tensorflow as tf

from benchmarks import data
from benchmarks import encoder_training
from benchmarks import report
from models import encoder_files
from models.networks import encoder
from models.networks import precision
from models.networks import transformer
from models.text import wordpiece

_PIECES, _TRAINED_PIECES = (128, 256, 384), (128, 256)
_LIBRARIES = {'onnx': 'ONNX Runtime', 'torch': 'PyTorch'}


def main(argv: Optional[Sequence[str]] = None) -> None:
  """Measure both sides in turn, and print the table."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('encoder', metavar='ENCODER')
  add('library', choices=_LIBRARIES)
  add('python', metavar='PYTHON')
  add('--data', default=os.environ.get('IMDB_DATA'), help='reviews, as for local_runner.py')
  add('--reviews', type=int, default=300, help='(default: 300)')
  add('--repeats', type=int, default=3, help='measurements of each side (default: 3)')
  add('--train-steps', type=int, default=0, help='with PyTorch, also train for N steps (default: 0)', metavar='N')
  arguments = parser.parse_args(argv)
  texts = data.read_texts(arguments.data, arguments.reviews)
  tokenizer = encoder_files.read_tokenizer(arguments.encoder)
  types = dict.fromkeys((tf.float32, precision.fast_product_type()))
  rows = []
  for longest in _PIECES:
    pieces, lengths = (values.numpy() for values in wordpiece.encode(tf.constant(texts), tokenizer, longest))
    for product_type in types:
      rows.append(_compare(arguments, _load(arguments.encoder, product_type), pieces, lengths,
                           f'{longest} pieces, {product_type.name}'))
  if arguments.train_steps:
    rows += [_compare_training(arguments, pieces, product_type) for pieces in _TRAINED_PIECES for product_type in types]
  print(f'{len(texts)} reviews, medians of {arguments.repeats}\n{report.describe_machine()}')
  print(report.markdown_table(rows))


def _load(directory: str, product_type: tf.DType) -> Callable[..., tf.Tensor]:
  """Return the function from ids and lengths to scores, float32 [batch]."""
  config, variables = encoder_files.read_config(directory), {}

  def score(pieces, lengths):
    network = transformer.Transformer(config, 0, 0.0, tf.estimator.ModeKeys.PREDICT, 0, product_type)
    variables.update(network.variables)
    return tf.sigmoid(encoder.score_in_parts(network.logits, pieces, lengths))[:, 0]

  graph = tf.compat.v1.wrap_function(score, [tf.TensorSpec([None, None], tf.int64), tf.TensorSpec([None], tf.int64)])
  for name, weights in encoder_files.read_weights(directory, config).items():
    variables[name].assign(weights)
  return graph


def _compare(arguments: argparse.Namespace, score: Callable[..., tf.Tensor], pieces: np.ndarray, lengths: np.ndarray,
             what: str) -> report.Row:
  """Return the reviews per second of both sides, and the largest difference of their scores."""
  score(tf.constant(pieces[:16]), tf.constant(lengths[:16]))  # warm-up
  found = {}

  def run_project(unused_turn):
    start = time.perf_counter()
    found['project'] = score(tf.constant(pieces), tf.constant(lengths)).numpy()
    return {'speed': len(pieces) / (time.perf_counter() - start)}

  def run_other(unused_turn):
    with tempfile.TemporaryDirectory() as directory:
      ids, scores = (os.path.join(directory, name) for name in ('pieces.npz', 'scores.npy'))
      np.savez(ids, pieces=pieces, lengths=lengths)
      seconds = _run_other_side(arguments, ids, scores)
      found['other'] = np.load(scores)
    return {'speed': len(pieces) / seconds}

  project, other = report.alternate(run_project, run_other, arguments.repeats)
  difference = np.abs(found['project'] - found['other']).max()
  return report.Row(
      'encoder_scoring', what, project['speed'], other['speed'], 'reviews/s', 'higher',
      f'reference: {_LIBRARIES[arguments.library]}, float32; scores differ by at most {difference:.1e}')


def _compare_training(arguments: argparse.Namespace, pieces: int, product_type: tf.DType) -> report.Row:
  """Return the seconds in which both sides train on 1,000 texts of a number of pieces."""
  steps, is_mixed = arguments.train_steps, product_type != tf.float32
  project, other = report.alternate(
      lambda unused_turn: {'seconds': encoder_training.train(pathlib.Path(arguments.encoder), pieces, is_mixed, steps)},
      lambda unused_turn: {'seconds': _run_other_side(arguments, str(pieces), str(steps), product_type.name)},
      arguments.repeats)
  return report.Row('encoder_scoring', f'training, {pieces} pieces, {product_type.name}', project['seconds'],
                    other['seconds'], 's per 1,000 texts', remark='reference: PyTorch in the same type')


def _run_other_side(arguments: argparse.Namespace, *values: str) -> float:
  """Return the seconds that the file of the other library prints."""
  file = pathlib.Path(__file__).with_name(f'{arguments.library}_encoder.py')
  return float(subprocess.run([arguments.python, file, arguments.encoder, *values], check=True, text=True,
                              stdout=subprocess.PIPE).stdout)


if __name__ == '__main__':
  main()
