"""The Trainer's run_fn: builds the selected Estimator, trains it, exports the best checkpoint."""

import dataclasses
import hashlib
import json
import math
import os
import time

import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft

from models import features as keys
from models.training import inputs
from models import model as model_lib
from models.training import exports
from models.training import loop

_MIN_EVAL_EVERY = 100  # steps: more often, evaluating would take longer than training
_KEPT_FOR_AN_EVALUATOR = 20  # checkpoints: one that is a process of its own may lag behind, and fails at a removed one
# In the model run's directory: the best step and its metrics on eval; scores by review id, to check what is served.
RESULT, SCORES = 'training.json', 'training_scores.json'
_SCORED_BATCHES, _SCORED_BATCH = 4, 64


class Job:
  """What a training needs, but for the hyper-parameters and a directory.

  Attributes:
    hparams: the model's hyper-parameters, with the changes that the user set.
    seed: of initial weights, dropout and the order of the reviews.
    transform_output: tft.TFTransformOutput.
  """

  def __init__(self, fn_args):
    """Reads tfx FnArgs with the custom_config of `run_fn`; train_files are those of train and, if any, of unlabeled."""
    config = fn_args.custom_config
    self._model = model_lib.load(config['model_record'])
    self._fn_args = fn_args
    self.hparams = self._model.hparams.replace(config['hparams'])
    self.seed = config['seed']
    self.transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)

  def train(self, hparams, model_dir):
    """Trains in a directory, or goes on there; returns the Estimator and its loop.BestCheckpoint."""
    files = self._fn_args.train_files, self._fn_args.eval_files
    if hparams.unlabeled and not inputs.count(files[0][1:]):
      hparams = hparams.replace({'unlabeled': False})  # saves the undisturbed pass over each batch
    params = model_lib.Params(
        hparams=hparams,
        vocab_size=self.transform_output.vocabulary_size_by_name(keys.VOCABULARY),
        seed=self.seed,
        word_vectors=self._fn_args.custom_config.get('word_vectors'),
    )
    steps_per_pass = max(1, inputs.count(files[0]) // hparams.batch_size)
    eval_every = steps_per_pass * math.ceil(_MIN_EVAL_EVERY / steps_per_pass)
    estimator = build_estimator(self._model, params, model_dir, hparams.eval_every or eval_every)
    spec = self.transform_output.transformed_feature_spec()
    # Of several processes that train one model, each takes the reviews in an order of its own.
    seed = self.seed + (estimator.config.global_id_in_cluster or 0)
    best = loop.train(
        estimator,
        lambda skip: inputs.input_fn(files[0], spec, hparams.batch_size, seed, skip, hparams.bucketing),
        lambda: inputs.input_fn(files[1], spec, hparams.batch_size),
        hparams.train_steps,
        hparams.patience,
    )
    return estimator, best

  def scores(self, estimator, checkpoint):
    """Probabilities that the training graph with a checkpoint gives the first eval reviews, by review id."""
    spec = self.transform_output.transformed_feature_spec()

    def reviews():
      return inputs.input_fn(self._fn_args.eval_files, spec, _SCORED_BATCH).take(_SCORED_BATCHES)

    ids = [id_.decode() for batch, _ in reviews() for id_ in batch[keys.REVIEW_ID].numpy()]
    predictions = estimator.predict(reviews, checkpoint_path=checkpoint)
    return {id_: float(prediction['logistic'][0]) for id_, prediction in zip(ids, predictions)}


def run_fn(fn_args):
  """Trains and exports to fn_args.serving_model_dir; of several processes, which TF_CONFIG names, the chief exports.

  Args:
    fn_args: tfx FnArgs, with this custom_config: {'model': name, 'preset': name, 'model_record': path as
      models.registry.record_path gives it, 'hparams': {name: value}, 'seed': int, 'word_vectors': path of the .npy, or
      None}. What a Tuner found gives way to 'hparams'.
  """
  config = fn_args.custom_config
  job = Job(fn_args)
  hparams = job.hparams
  if fn_args.hyperparameters:
    tuned = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters).values
    hparams = hparams.replace({**tuned, **config['hparams']})
  start = time.monotonic()
  model_dir = _working_dir(fn_args)
  estimator, best = job.train(hparams, model_dir)
  if not estimator.config.is_chief:
    return
  seconds = time.monotonic() - start  # of this process: after an interruption, what was left
  exports.export(estimator, job.transform_output, best.path, fn_args.serving_model_dir)
  _write(os.path.join(model_dir, SCORES), job.scores(estimator, best.path))
  _write(os.path.join(model_dir, RESULT), {
      **best.state,
      'model': config['model'],
      'preset': config['preset'],
      'seed': job.seed,
      'hparams': dataclasses.asdict(hparams),
      'parameters': _parameters(fn_args.serving_model_dir),
      'training_seconds': seconds,
  })
  if tf.io.gfile.exists(fn_args.model_run_dir):
    tf.io.gfile.rmtree(fn_args.model_run_dir)
  tf.io.gfile.rename(model_dir, fn_args.model_run_dir)


def _write(path, value):
  with tf.io.gfile.GFile(path, 'w') as file:
    json.dump(value, file, indent=2)


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
      checkpoint_save_graph_def=False,
      save_summary_steps=100,
      log_step_count_steps=100,
  )
  if config.cluster_spec:
    config = config.replace(keep_checkpoint_max=_KEPT_FOR_AN_EVALUATOR)
  return tf.estimator.Estimator(model.model_fn, config=config, params=params)


def _working_dir(fn_args):
  """A directory that the next run finds again if this one is interrupted: named by all that the training depends on."""
  inputs_of_training = [fn_args.custom_config, fn_args.hyperparameters, fn_args.train_files, fn_args.eval_files,
                        fn_args.transform_graph_path]
  key = hashlib.sha256(json.dumps(inputs_of_training, sort_keys=True).encode()).hexdigest()[:16]
  name = f'unfinished-{fn_args.custom_config["model"]}-{key}'
  return os.path.join(os.path.dirname(fn_args.model_run_dir.rstrip('/')), name)
