"""training.json: what a training records of itself."""

import json
import types

import pytest

from models.training import run_fn
from tests import transforming

_HPARAMS = {'vocab_size': 50, 'max_length': 10, 'batch_size': 10, 'train_steps': 2, 'eval_every': 2, 'unlabeled': True}


@pytest.fixture(scope='module', name='top')
def _top(tmp_path_factory):
  """A directory of transformed examples with the splits train, augmented and unlabeled."""
  top = tmp_path_factory.mktemp('record')
  texts, labels = [b'good film', b'bad film'] * 20, [1, 0] * 20
  for split, split_labels in ('unlabeled', [-1] * len(texts)), ('augmented', labels), ('train', labels):
    (top / f'Split-{split}').mkdir()
    rows, output = transforming.transform(
        texts, top / split, _HPARAMS['vocab_size'], _HPARAMS['max_length'], labels=split_labels)
    transforming.write(rows, output, top / f'Split-{split}' / 'examples.gz')
  return top


@pytest.mark.slow
@pytest.mark.parametrize('splits, expected', [
    (['train', 'augmented'], False), (['train', 'augmented', 'unlabeled'], True)])
def test_unlabeled_is_recorded_only_if_there_were_some(top, tmp_path, splits, expected):
  files = {split: str(top / f'Split-{split}' / 'examples.gz') for split in splits}
  run_fn.run_fn(types.SimpleNamespace(
      transform_graph_path=str(top / 'train' / 'graph'), train_files=list(files.values()),
      eval_files=[files['train']], hyperparameters=None, serving_model_dir=str(tmp_path / 'model'),
      model_run_dir=str(tmp_path / 'model_run'),
      custom_config={'model': 'cnn', 'preset': 'default', 'model_record': 'models.networks.cnn:CNN',
                     'hparams': _HPARAMS, 'seed': 0}))
  record = json.loads((tmp_path / 'model_run' / run_fn.RESULT_FILE).read_text())
  assert record['hparams']['unlabeled'] is expected
