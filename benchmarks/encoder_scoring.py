"""Scoring speed of a fine-tuned encoder against ONNX Runtime: the same reviews, weights and parts of a batch.

  .venv/bin/python -m benchmarks.encoder_scoring ENCODER ONNX_PYTHON [--data PATH] [--reviews 300] [--repeats 3]

ENCODER is a directory, for --model encoder, and ONNX_PYTHON the Python of an environment with onnx, onnxruntime and
safetensors. Both sides get ids, in float32, as the exported model scores them; one more row has bfloat16, as a teacher
scores if the processor multiplies it faster. The reviews are those of --data or IMDB_DATA, or sample data.
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
from benchmarks import report
from models import encoder_files
from models.networks import encoder
from models.networks import precision
from models.networks import transformer
from models.text import wordpiece

_PIECES = (128, 256, 384)
_OTHER_SIDE = pathlib.Path(__file__).with_name('onnx_encoder.py')


def main(argv: Optional[Sequence[str]] = None) -> None:
  """Measure both sides in turn, and print the table."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('encoder', metavar='ENCODER')
  add('onnx_python', metavar='ONNX_PYTHON')
  add('--data', default=os.environ.get('IMDB_DATA'), help='reviews, as for local_runner.py')
  add('--reviews', type=int, default=300, help='(default: 300)')
  add('--repeats', type=int, default=3, help='measurements of each side (default: 3)')
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

  def run_onnx(unused_turn):
    with tempfile.TemporaryDirectory() as directory:
      ids, scores = (os.path.join(directory, name) for name in ('pieces.npz', 'scores.npy'))
      np.savez(ids, pieces=pieces, lengths=lengths)
      seconds = float(subprocess.run(
          [arguments.onnx_python, _OTHER_SIDE, arguments.encoder, ids, scores], check=True, text=True,
          stdout=subprocess.PIPE).stdout)
      found['onnx'] = np.load(scores)
    return {'speed': len(pieces) / seconds}

  project, onnx = report.alternate(run_project, run_onnx, arguments.repeats)
  difference = np.abs(found['project'] - found['onnx']).max()
  return report.Row('encoder_scoring', what, project['speed'], onnx['speed'], 'reviews/s', 'higher',
                    f'reference: ONNX Runtime, float32; scores differ by at most {difference:.1e}')


if __name__ == '__main__':
  main()
