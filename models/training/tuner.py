"""The Tuner's tuner_fn: trains the selected Estimator with other hyper-parameters, and keeps those best on eval."""

import logging

import keras_tuner
import tensorflow as tf
from tfx import v1 as tfx

from models import hparams as hparams_lib
from models.training import run_fn as trainer

_log = logging.getLogger('models.training.loop')  # shown to the user as progress
_OBJECTIVE = 'average_loss'


def tuner_fn(fn_args):
  """Gives the tuner.

  Args:
    fn_args: tfx FnArgs, with the custom_config of models.training.run_fn.run_fn and 'trials': trainings to compare. A
      hyper-parameter that is set in 'hparams' stays as it is.

  Returns:
    tfx.v1.components.TunerFnResult.
  """
  job = trainer.Job(fn_args)
  oracle = _Oracle(
      keras_tuner.Objective(_OBJECTIVE, 'min'),
      max_trials=fn_args.custom_config['trials'],
      num_initial_points=max(2, fn_args.custom_config['trials'] // 2),
      hyperparameters=space(job.hparams, fixed=fn_args.custom_config['hparams']),
      seed=job.seed + 1,  # the oracle takes 0 for no seed
      max_consecutive_failed_trials=fn_args.custom_config['trials'])  # as long as one succeeds, there is a best one
  return tfx.components.TunerFnResult(
      tuner=EstimatorTuner(job, oracle, directory=fn_args.working_dir, project_name='tuner'), fit_kwargs={})


def space(hparams, fixed=()):
  """The keras_tuner.HyperParameters to search, but for the fixed names; their default is the model's own."""
  result = keras_tuner.HyperParameters()
  for name, values in hparams.search_space().items():
    if name in fixed:
      continue
    if isinstance(values, hparams_lib.Range):
      sampling = 'log' if values.log else 'linear'
      result.Float(name, values.low, values.high, sampling=sampling, default=getattr(hparams, name))
    else:
      result.Choice(name, sorted({*values, getattr(hparams, name)}), default=getattr(hparams, name))
  return result


class _Oracle(keras_tuner.oracles.BayesianOptimizationOracle):
  """Bayesian optimization that tries the defaults first: what it finds is never worse than they are on eval."""

  def populate_space(self, trial_id):
    if not self.trials:
      return {'status': 'RUNNING', 'values': self.get_space().values}
    return super().populate_space(trial_id)


class EstimatorTuner(keras_tuner.engine.base_tuner.BaseTuner):
  """Runs a trial as the Trainer would train."""

  def __init__(self, job, oracle, **kwargs):
    super().__init__(oracle, **kwargs)
    self._job = job

  def run_trial(self, trial, *unused_args, **unused_kwargs):
    values = trial.hyperparameters.values
    directory = self.get_trial_dir(trial.trial_id)
    _, best = self._job.train(self._job.hparams.replace(values), directory)
    loss = best.state[_OBJECTIVE]
    tf.io.gfile.rmtree(directory)
    _log.info('trial %d of %d: loss %.4f with %s', len(self.oracle.trials), self.oracle.max_trials, loss,
              hparams_lib.describe(values))
    return {_OBJECTIVE: loss}
