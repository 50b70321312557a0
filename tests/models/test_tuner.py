import types

import pytest

from models import registry
from models import tuner


class _Job:
  """A job whose loss is smallest at a learning rate of 0.002; its trainings are recorded, none is run."""

  seed = 0

  def __init__(self):
    self.hparams = registry.get('cnn').hparams
    self.tried = []

  def train(self, hparams, model_dir):
    self.tried.append(hparams)
    if hparams.learning_rate > 0.004:
      raise ValueError('the training loss is not a number (NaN)')
    return None, types.SimpleNamespace(state={'average_loss': abs(hparams.learning_rate - 0.002)})


@pytest.fixture
def job(monkeypatch):
  job = _Job()
  monkeypatch.setattr(tuner.trainer, 'Job', lambda unused: job)
  return job


def _search(tmp_path, trials, fixed=()):
  fn_args = types.SimpleNamespace(
      custom_config={'trials': trials, 'hparams': dict.fromkeys(fixed)}, working_dir=str(tmp_path))
  result = tuner.tuner_fn(fn_args).tuner
  result.search()
  return result


def test_the_defaults_come_first_and_the_best_wins_over_a_training_that_fails(job, tmp_path):
  found = _search(tmp_path, 8)
  assert job.tried[0] == job.hparams
  assert len(job.tried) == 8
  assert max(hparams.learning_rate for hparams in job.tried) > 0.004  # one that failed was among them
  losses = [abs(hparams.learning_rate - 0.002) for hparams in job.tried if hparams.learning_rate <= 0.004]
  best = found.get_best_hyperparameters()[0].values
  assert abs(best['learning_rate'] - 0.002) == min(losses) < losses[0]


def test_what_the_user_set_is_not_searched(job, tmp_path):
  _search(tmp_path, 4, fixed=('filters', 'dropout'))
  assert {hparams.filters for hparams in job.tried} == {job.hparams.filters}
  assert {hparams.dropout for hparams in job.tried} == {job.hparams.dropout}
  assert len({hparams.learning_rate for hparams in job.tried}) == 4


def test_nothing_to_search_is_an_error():
  with pytest.raises(ValueError, match='nothing to tune'):
    tuner.space(registry.get('bow_sparse').hparams, fixed=('learning_rate',))
