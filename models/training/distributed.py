"""Trains one model by several processes, as Kubeflow's training operator starts them: all run this same command.

  python -m models.training.distributed --model cnn --transform-graph DIR --examples DIR --model-dir DIR --export DIR

It is the Trainer without TFX around it. TF_CONFIG names the cluster and the process's part in it (chief, worker, ps or
evaluator; see tf.estimator.train_and_evaluate). The parameter servers hold the weights, the chief and the workers
train, each on an order of the reviews of its own, the evaluator keeps the best checkpoint, and the chief exports it.
Without TF_CONFIG one process does all. The directories must be the same for all: a shared volume or a bucket.
"""

import argparse
import json
import os
import sys
import types

import tensorflow as tf

from models import registry
from models.training import run_fn as trainer


def parse(argv=None):
  """The command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('--model', required=True, choices=list(registry.MODELS))
  add('--transform-graph', required=True, metavar='DIR', help="Transform's output of that name")
  add('--examples', required=True, metavar='DIR', help="Transform's transformed examples, with Split-train and -eval")
  add('--model-dir', required=True, metavar='DIR', help=(
      'checkpoints and summaries; a training that was stopped goes on beside it'))
  add('--export', required=True, metavar='DIR', help='where the SavedModel goes')
  add('--word-vectors', metavar='FILE', help='vectors.npy of WordVectors')
  add('--seed', type=int, default=0)
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help='a hyper-parameter')
  return parser.parse_args(argv)


def main(argv=None):
  """Returns the exit code."""
  arguments = parse(argv)
  try:
    trainer.run_fn(types.SimpleNamespace(
        custom_config={
            'model': arguments.model, 'preset': 'default', 'seed': arguments.seed,
            'model_record': registry.record_path(arguments.model),
            'hparams': dict(item.partition('=')[::2] for item in arguments.settings),
            'word_vectors': arguments.word_vectors},
        train_files=[os.path.join(arguments.examples, 'Split-train', '*')],
        eval_files=[os.path.join(arguments.examples, 'Split-eval', '*')],
        transform_graph_path=arguments.transform_graph, hyperparameters=None,
        serving_model_dir=arguments.export, model_run_dir=arguments.model_dir))
  except ValueError as error:
    print(f'models.training.distributed: {error}', file=sys.stderr)
    return 1
  if tf.estimator.RunConfig().is_chief:
    with tf.io.gfile.GFile(os.path.join(arguments.model_dir, trainer.RESULT)) as file:
      result = json.load(file)
    print(f'exported step {result["step"]}, accuracy on eval {result["accuracy"]:.4f}, to {arguments.export}')
  return 0


if __name__ == '__main__':
  tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
  sys.exit(main())
