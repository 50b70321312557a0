"""training.json: what a training records of itself."""

import json
import types

import pytest

from models.training import run_fn
from tests import transforming

_HPARAMS = {'vocab_size': 50, 'max_length': 10, 'batch_size': 10, 'train_steps': 2, 'eval_every': 2, 'unlabeled': True}


@pytest.fixture(scope='module', name='top')
def _top(tmp_path_factory):
  """A directory with transformed reviews: labelled.gz and unlabeled.gz."""
  top = tmp_path_factory.mktemp('record')
  texts, labels = [b'good film', b'bad film'] * 20, [1, 0] * 20
  for name, split_labels in ('unlabeled.gz', [-1] * len(texts)), ('labelled.gz', labels):
    rows, output = transforming.transform(
        texts, top / name.removesuffix('.gz'), _HPARAMS['vocab_size'], _HPARAMS['max_length'], labels=split_labels)
    transforming.write(rows, output, top / name)
  return top


@pytest.mark.slow
@pytest.mark.parametrize('train_files, expected', [
    (['labelled.gz'], False), (['labelled.gz', 'unlabeled.gz'], True)])
def test_unlabeled_is_recorded_only_if_there_were_some(top, tmp_path, train_files, expected):
  run_fn.run_fn(types.SimpleNamespace(
      transform_graph_path=str(top / 'labelled' / 'graph'), train_files=[str(top / name) for name in train_files],
      eval_files=[str(top / 'labelled.gz')], hyperparameters=None, serving_model_dir=str(tmp_path / 'model'),
      model_run_dir=str(tmp_path / 'model_run'),
      custom_config={'model': 'cnn', 'preset': 'default', 'model_record': 'models.networks.cnn:CNN',
                     'hparams': _HPARAMS, 'seed': 0}))
  record = json.loads((tmp_path / 'model_run' / run_fn.RESULT_FILE).read_text())
  assert record['hparams']['unlabeled'] is expected
