"""The Tuner's tuner_fn: searches the hyper-parameters with which the selected model has the lowest eval loss."""

import logging
from typing import Any, Collection

import keras_tuner
import tensorflow as tf
from tfx import v1 as tfx

from models import hparams as hparams_lib
from models.training import job as job_lib

_log = logging.getLogger('models.training.loop')  # pipeline.local.progress shows messages of this logger to the user
_OBJECTIVE = 'average_loss'


def tuner_fn(fn_args: Any) -> tfx.components.TunerFnResult:
  """Create the tuner.

  Args:
    fn_args: tfx.v1.components.FnArgs with the custom_config of models.training.run_fn.run_fn and 'trials', the number
      of trainings to compare. A hyper-parameter that is set in 'hparams' is not searched.

  Returns:
    The tuner; its trials are the trainings.
  """
  job = job_lib.TrainingJob(fn_args)
  trials = fn_args.custom_config['trials']
  oracle = _Oracle(
      keras_tuner.Objective(_OBJECTIVE, 'min'),
      max_trials=trials,
      num_initial_points=max(2, trials // 2),
      hyperparameters=build_search_space(job.hparams, fixed=fn_args.custom_config['hparams']),
      seed=job.seed + 1,  # the oracle reads 0 as no seed
      max_consecutive_failed_trials=trials)  # the search goes on as long as one trial may succeed
  return tfx.components.TunerFnResult(
      tuner=EstimatorTuner(job, oracle, directory=fn_args.working_dir, project_name='tuner'), fit_kwargs={})


def build_search_space(hparams: hparams_lib.Hparams, fixed: Collection[str] = ()) -> keras_tuner.HyperParameters:
  """Return the hyper-parameters to search, with the model's own values as defaults.

  Args:
    hparams: the model's hyper-parameters.
    fixed: names that are not searched.
  """
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
  """Bayesian optimization that tries the defaults first, so that its result is never worse than they are on eval."""

  def populate_space(self, trial_id):
    if not self.trials:
      return {'status': 'RUNNING', 'values': self.get_space().values}
    return super().populate_space(trial_id)


class EstimatorTuner(keras_tuner.engine.base_tuner.BaseTuner):  # public; keras_tuner.Tuner is for Keras models
  """Runs a trial as the Trainer trains."""

  def __init__(self, job: job_lib.TrainingJob, oracle: keras_tuner.Oracle, **kwargs: Any):
    """Create the tuner; `kwargs` are those of BaseTuner."""
    super().__init__(oracle, **kwargs)
    self._job = job

  def run_trial(self, trial: Any, *unused_args: Any, **unused_kwargs: Any) -> dict[str, float]:
    """Train with the hyper-parameters of a trial; returns its eval loss."""
    values = trial.hyperparameters.values
    directory = self.get_trial_dir(trial.trial_id)
    _, best = self._job.train(self._job.hparams.replace(values), directory)
    loss = best.state[_OBJECTIVE]
    tf.io.gfile.rmtree(directory)
    _log.info('trial %d of %d: loss %.4f with %s', len(self.oracle.trials), self.oracle.max_trials, loss,
              hparams_lib.describe(values))
    return {_OBJECTIVE: loss}
