"""training.json: what a training records of itself."""

import json
import types

import pytest

from models import features
from models.training import run_fn
from tests import transforming

_HPARAMS = {'vocab_size': 50, 'max_length': 10, 'batch_size': 10, 'train_steps': 2, 'eval_every': 2, 'unlabeled': True}


@pytest.fixture(scope='module', name='top')
def _top(tmp_path_factory):
  """A directory of transformed examples with the splits train, augmented and unlabeled."""
  top = tmp_path_factory.mktemp('record')
  texts, labels = [b'good film', b'bad film'] * 20, [1, 0] * 20
  rows, output = transforming.transform(texts, top, _HPARAMS['vocab_size'], _HPARAMS['max_length'], labels=labels)
  unlabeled = [{**row, features.LABEL: features.NO_LABEL} for row in rows]
  for split, split_rows in ('unlabeled', unlabeled), ('augmented', rows), ('train', rows):
    (top / f'Split-{split}').mkdir()
    transforming.write(split_rows, output, top / f'Split-{split}' / 'examples.gz')
  return top


@pytest.mark.slow
@pytest.mark.parametrize('splits, hparams, teacher, expected', [
    (['train', 'augmented'], {}, None, False), (['train', 'augmented', 'unlabeled'], {}, None, True),
    # An unlabeled review that the teacher has not scored would end this training: a label must not be below 0.
    (['train', 'unlabeled'], {'unlabeled': False}, 'unlabeled 1\t0.9\nlabeled 1\t0.2\n', False)])
def test_unlabeled_is_recorded_only_if_there_were_some(top, tmp_path, splits, hparams, teacher, expected):
  scores = tmp_path / 'scores.tsv'
  if teacher:
    scores.write_text(teacher)
  files = {split: str(top / f'Split-{split}' / 'examples.gz') for split in splits}
  run_fn.run_fn(types.SimpleNamespace(
      transform_graph_path=str(top / 'graph'), train_files=list(files.values()),
      eval_files=[files['train']], hyperparameters=None, serving_model_dir=str(tmp_path / 'model'),
      model_run_dir=str(tmp_path / 'model_run'),
      custom_config={'model': 'cnn', 'preset': 'default', 'model_record': 'models.networks.cnn:CNN',
                     'hparams': {**_HPARAMS, **hparams}, 'seed': 0, 'teacher_scores': teacher and str(scores)}))
  record = json.loads((tmp_path / 'model_run' / run_fn.RESULT_FILE).read_text())
  assert record['hparams']['unlabeled'] is expected
