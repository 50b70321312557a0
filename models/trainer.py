"""The Trainer's run_fn: builds the selected Estimator, trains it, exports the best checkpoint."""

import dataclasses
import hashlib
import json
import math
import os
import time

import tensorflow as tf
import tensorflow_transform as tft

from models import features as keys
from models import inputs
from models import model as model_lib
from models import registry
from models import serving
from models import training

RESULT = 'training.json'  # in the model run's directory: the best step and its metrics on eval


def run_fn(fn_args):
  """Trains and exports to fn_args.serving_model_dir.

  Args:
    fn_args: tfx FnArgs, with this custom_config: {'model': name, 'hparams': {name: value}, 'seed': int,
      'word_vectors': path of the .npy, or None}.
  """
  config = fn_args.custom_config
  model = registry.get(config['model'])
  hparams = model.hparams.replace(config['hparams'])
  transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
  params = model_lib.Params(
      hparams=hparams,
      vocab_size=transform_output.vocabulary_size_by_name(keys.VOCABULARY),
      seed=config['seed'],
      word_vectors=config.get('word_vectors'),
  )
  start = time.monotonic()
  model_dir = _working_dir(fn_args)
  estimator = build_estimator(model, params, model_dir, hparams.eval_every or _steps_per_pass(fn_args, hparams))
  spec = transform_output.transformed_feature_spec()
  best = training.train(
      estimator,
      lambda skip: inputs.input_fn(fn_args.train_files, spec, hparams.batch_size, params.seed, skip),
      lambda: inputs.input_fn(fn_args.eval_files, spec, hparams.batch_size),
      hparams.train_steps,
      hparams.patience,
  )
  serving.export(estimator, transform_output, best.path, fn_args.serving_model_dir)
  with tf.io.gfile.GFile(os.path.join(model_dir, RESULT), 'w') as file:
    json.dump({
        **best.state,
        'model': config['model'],
        'hparams': dataclasses.asdict(hparams),
        'parameters': _parameters(fn_args.serving_model_dir),
        'training_seconds': time.monotonic() - start,  # of this process: after an interruption, what was left
    }, file, indent=2)
  if tf.io.gfile.exists(fn_args.model_run_dir):
    tf.io.gfile.rmtree(fn_args.model_run_dir)
  tf.io.gfile.rename(model_dir, fn_args.model_run_dir)


def _parameters(saved_model):
  """The number of weights in an exported model."""
  variables = tf.train.list_variables(os.path.join(saved_model, 'variables', 'variables'))
  return sum(math.prod(shape) for name, shape in variables if name != 'global_step')


def build_estimator(model, params, model_dir, eval_every):
  """The Estimator of a `models.model.Model`, with `models.model.Params`, evaluating every so many steps."""
  config = tf.estimator.RunConfig(
      model_dir=model_dir,
      tf_random_seed=params.seed,
      save_checkpoints_steps=eval_every,
      keep_checkpoint_max=2,
      save_summary_steps=100,
      log_step_count_steps=100,
  )
  return tf.estimator.Estimator(model.model_fn, config=config, params=params)


def _steps_per_pass(fn_args, hparams):
  """Training steps that one pass over train takes, at least 1."""
  return max(1, inputs.count(fn_args.train_files) // hparams.batch_size)


def _working_dir(fn_args):
  """A directory that the next run finds again if this one is interrupted: named by all that the training depends on."""
  inputs_of_training = [fn_args.custom_config, fn_args.train_files, fn_args.eval_files, fn_args.transform_graph_path]
  key = hashlib.sha256(json.dumps(inputs_of_training, sort_keys=True).encode()).hexdigest()[:16]
  return os.path.join(os.path.dirname(fn_args.model_run_dir.rstrip('/')), f'unfinished-{key}')
