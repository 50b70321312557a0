"""The Trainer's run_fn: trains the selected model and exports its best checkpoint."""

import dataclasses
import hashlib
import json
import math
import os
import time
from typing import Any

import keras_tuner
import tensorflow as tf

from models.training import exports
from models.training import job as job_lib

# Files in the directory of the model run.
RESULT_FILE = 'training.json'  # the best step, its metrics on eval, and the settings of the training
SCORES_FILE = 'training_scores.json'  # scores of the training graph by review id, which served scores must equal


def run_fn(fn_args: Any) -> None:
  """Train, and export to fn_args.serving_model_dir; of several processes, which TF_CONFIG lists, the chief exports.

  Args:
    fn_args: tfx.v1.components.FnArgs with this custom_config: {'model': name, 'preset': name, 'model_record': path of
      the record as models.registry.record_path returns it, 'hparams': {name: value}, 'seed': int, 'word_vectors': path
      of the .npy or None}. 'hparams' override what a Tuner found.
  """
  config = fn_args.custom_config
  job = job_lib.TrainingJob(fn_args)
  hparams = job.hparams
  if fn_args.hyperparameters:
    tuned = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters).values
    hparams = hparams.replace({**tuned, **config['hparams']})
  start = time.monotonic()
  model_dir = _unfinished_dir(fn_args)
  estimator, best = job.train(hparams, model_dir)
  if not estimator.config.is_chief:
    return
  seconds = time.monotonic() - start  # of this process: after an interruption, of the rest of the training
  exports.export_saved_model(estimator, job.transform_output, best.path, fn_args.serving_model_dir)
  _write_json(os.path.join(model_dir, SCORES_FILE), job.score_eval_examples(estimator, best.path))
  _write_json(os.path.join(model_dir, RESULT_FILE), {
      **best.state,
      'model': config['model'],
      'preset': config['preset'],
      'seed': job.seed,
      # The ones in effect: `unlabeled` is false if there were no unlabeled examples.
      'hparams': dataclasses.asdict(estimator.params.hparams),
      'parameters': _count_parameters(fn_args.serving_model_dir),
      'training_seconds': seconds,
  })
  if tf.io.gfile.exists(fn_args.model_run_dir):
    tf.io.gfile.rmtree(fn_args.model_run_dir)
  tf.io.gfile.rename(model_dir, fn_args.model_run_dir)


def _write_json(path, value):
  with tf.io.gfile.GFile(path, 'w') as file:
    json.dump(value, file, indent=2)


def _count_parameters(saved_model):
  """Counts the weights of an exported model."""
  variables = tf.train.list_variables(os.path.join(saved_model, 'variables', 'variables'))
  return sum(math.prod(shape) for name, shape in variables if name != 'global_step')


def _unfinished_dir(fn_args):
  """Return the directory to train in.

  Its name is a hash of all that the training depends on, so the next run finds it and continues after an interruption.
  """
  dependencies = [fn_args.custom_config, fn_args.hyperparameters, fn_args.train_files, fn_args.eval_files,
                  fn_args.transform_graph_path]
  key = hashlib.sha256(json.dumps(dependencies, sort_keys=True).encode()).hexdigest()[:16]
  name = f'unfinished-{fn_args.custom_config["model"]}-{key}'
  return os.path.join(os.path.dirname(fn_args.model_run_dir.rstrip('/')), name)
