"""Trains one model by several processes, as Kubeflow's training operator starts them: all run this same command.

  python -m models.distributed --model cnn --transform-graph DIR --examples DIR --model-dir DIR --export DIR

TF_CONFIG names the cluster and the process's part in it (chief, worker, ps or evaluator; see
tf.estimator.train_and_evaluate). The parameter servers hold the weights, the chief and the workers train, each on an
order of the reviews of its own, the evaluator keeps the best checkpoint, and the chief exports it. Early stopping is
off. Without TF_CONFIG one process does all. The directories must be the same for all: a shared volume or a bucket.
"""

import argparse
import json
import os
import sys
import time
import types

import tensorflow as tf

from models import registry
from models import serving
from models import trainer

_WAIT_S = 600  # for the evaluator's last word


def parse(argv=None):
  """The command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  add = parser.add_argument
  add('--model', required=True, choices=list(registry.MODELS))
  add('--transform-graph', required=True, metavar='DIR', help="Transform's output of that name")
  add('--examples', required=True, metavar='DIR', help="Transform's transformed examples, with Split-train and -eval")
  add('--model-dir', required=True, metavar='DIR', help='checkpoints; a training that was stopped goes on there')
  add('--export', required=True, metavar='DIR', help='where the SavedModel goes')
  add('--word-vectors', metavar='FILE', help="vectors.npy of WordVectors")
  add('--seed', type=int, default=0)
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help='a hyper-parameter')
  return parser.parse_args(argv)


def main(argv=None):
  """Returns the exit code."""
  arguments = parse(argv)
  task = json.loads(os.environ.get('TF_CONFIG') or '{}').get('task', {'type': 'chief', 'index': 0})
  settings = dict(item.split('=', 1) for item in arguments.settings)
  is_first = task['type'] in ('chief', 'evaluator', 'ps')
  job = trainer.Job(types.SimpleNamespace(
      custom_config={'model': arguments.model, 'preset': 'default', 'hparams': {**settings, 'patience': 0},
                     'seed': arguments.seed + (0 if is_first else 1 + task['index']),
                     'word_vectors': arguments.word_vectors},
      train_files=[os.path.join(arguments.examples, 'Split-train', '*')],
      eval_files=[os.path.join(arguments.examples, 'Split-eval', '*')],
      transform_graph_path=arguments.transform_graph, hyperparameters=None))
  estimator, best = job.train(job.hparams, arguments.model_dir)
  if task['type'] != 'chief':
    return 0
  wanted = min(job.hparams.train_steps, int(estimator.latest_checkpoint().rpartition('-')[2]))
  deadline = time.monotonic() + _WAIT_S
  while not best.state or best.state['last_step'] < wanted:
    if time.monotonic() > deadline:
      print(f'{arguments.model_dir}: the evaluator has not evaluated step {wanted}; is it running?', file=sys.stderr)
      return 1
    time.sleep(1)
  serving.export(estimator, job.transform_output, best.path, arguments.export)
  print(f'exported step {best.state["step"]}, accuracy on eval {best.state["accuracy"]:.4f}, to {arguments.export}')
  return 0


if __name__ == '__main__':
  tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
  sys.exit(main())
