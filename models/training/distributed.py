"""Trains one model in several processes, as Kubeflow's training operator starts them: all run this same command.

  python -m models.training.distributed --model cnn --transform-graph DIR --examples DIR --model-dir DIR --export DIR

It is the Trainer without TFX. TF_CONFIG names the cluster and the role of the process in it (chief, worker, ps or
evaluator; see tf.estimator.train_and_evaluate). The parameter servers hold the weights, the chief and the workers
train, each on its own order of the examples, the evaluator keeps the best checkpoint, and the chief exports it.
Without TF_CONFIG one process does everything. All processes must see the same directories: a shared volume or a bucket.
"""

import argparse
import json
import os
import sys
import types
from typing import Optional, Sequence

import tensorflow as tf

from models import features
from models import registry
from models.training import run_fn


def parse(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
  """Parse the command line; `argv` is sys.argv by default."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('--model', required=True, choices=list(registry.MODELS))
  add('--transform-graph', required=True, metavar='DIR', help="Transform's output transform_graph")
  add('--examples', required=True, metavar='DIR', help=(
      "Transform's output transformed_examples, with Split-train and Split-eval; Split-augmented is optional"))
  add('--model-dir', required=True, metavar='DIR', help=(
      'checkpoints and summaries go here; an interrupted training is resumed from the directory beside it'))
  add('--export', required=True, metavar='DIR', help='the SavedModel goes here')
  add('--word-vectors', metavar='FILE', help='vectors.npy of WordVectors')
  add('--encoder', metavar='DIR', help="Encoder's output encoder")
  add('--seed', type=int, default=0)
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help=(
      'change a hyper-parameter; can be repeated'))
  return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Train; returns the exit code."""
  arguments = parse(argv)
  train_files, augmented_files, eval_files = (
      [os.path.join(arguments.examples, f'Split-{split}', '*')]
      for split in (features.TRAIN, features.AUGMENTED, features.EVAL))
  if tf.io.gfile.exists(os.path.dirname(augmented_files[0])):
    train_files += augmented_files
  try:
    run_fn.run_fn(types.SimpleNamespace(
        custom_config={
            'model': arguments.model, 'preset': 'default', 'seed': arguments.seed,
            'model_record': registry.record_path(arguments.model),
            'hparams': dict(item.partition('=')[::2] for item in arguments.settings),
            'word_vectors': arguments.word_vectors, 'encoder': arguments.encoder},
        train_files=train_files, eval_files=eval_files,
        transform_graph_path=arguments.transform_graph, hyperparameters=None,
        serving_model_dir=arguments.export, model_run_dir=arguments.model_dir))
  except ValueError as error:
    print(f'models.training.distributed: {error}', file=sys.stderr)
    return 1
  if tf.estimator.RunConfig().is_chief:
    with tf.io.gfile.GFile(os.path.join(arguments.model_dir, run_fn.RESULT_FILE)) as file:
      result = json.load(file)
    print(f'exported step {result["step"]} with eval accuracy {result["accuracy"]:.4f} to {arguments.export}')
  return 0


if __name__ == '__main__':
  tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
  sys.exit(main())
