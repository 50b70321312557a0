import types

import pytest

from models import registry
from models.training import tuner


class _Job:
  """A job with the lowest loss at the learning rate 0.002, which records the hyper-parameters and does not train.

  Attributes:
    tried: the hyper-parameters of each call.
    fails_at: the number of the call that fails, or None.
  """

  seed = 0
  fails_at = None

  def __init__(self):
    self.hparams = registry.get('cnn').hparams
    self.tried = []

  def train(self, hparams, model_dir):
    self.tried.append(hparams)
    if len(self.tried) == self.fails_at:
      raise ValueError('the training loss is not a number (NaN)')
    return None, types.SimpleNamespace(state={'average_loss': abs(hparams.learning_rate - 0.002)})


@pytest.fixture
def job(monkeypatch):
  job = _Job()
  monkeypatch.setattr(tuner.job_lib, 'TrainingJob', lambda unused: job)
  return job


def _search(tmp_path, trials, fixed=()):
  fn_args = types.SimpleNamespace(
      custom_config={'trials': trials, 'hparams': dict.fromkeys(fixed)}, working_dir=str(tmp_path))
  result = tuner.tuner_fn(fn_args).tuner
  result.search()
  return result


def test_the_defaults_come_first_and_a_trial_may_fail(job, tmp_path):
  job.fails_at = 3
  found = _search(tmp_path, 8)
  assert job.tried[0] == job.hparams
  assert len(job.tried) == 8
  losses = [abs(hparams.learning_rate - 0.002) for hparams in job.tried[:2] + job.tried[3:]]
  best = found.get_best_hyperparameters()[0].values
  assert abs(best['learning_rate'] - 0.002) == min(losses) < losses[0]


def test_hyper_parameters_that_are_set_are_not_searched(job, tmp_path):
  _search(tmp_path, 4, fixed=('filters', 'dropout'))
  assert {hparams.filters for hparams in job.tried} == {job.hparams.filters}
  assert {hparams.dropout for hparams in job.tried} == {job.hparams.dropout}
  assert len({hparams.learning_rate for hparams in job.tried}) == 4


@pytest.mark.slow
def test_the_seed_decides_the_trials(job, tmp_path):
  _search(tmp_path / 'first', 5)
  _search(tmp_path / 'second', 5)
  assert job.tried[:5] == job.tried[5:]
