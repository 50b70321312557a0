import dataclasses

import pytest

from models import hparams
from models import model
from models import registry


@pytest.mark.parametrize('name', registry.MODELS)
def test_every_model_is_complete(name):
  record = registry.get(name)
  assert isinstance(record, model.Model)
  assert isinstance(record.hparams, hparams.Hparams)
  fields = {field.name for field in dataclasses.fields(record.hparams)}
  documented = ''.join(kind.__doc__ for kind in type(record.hparams).__mro__ if issubclass(kind, hparams.Hparams))
  assert not [name for name in fields if f'{name}:' not in documented]


def test_unknown_model_lists_the_known():
  with pytest.raises(ValueError, match="unknown model 'rnn'; choose from: .*cnn"):
    registry.get('rnn')


def test_changes_are_read_as_the_fields_types():
  changed = registry.get('cnn').hparams.replace({'filters': '64', 'dropout': '0.5'})
  assert (changed.filters, changed.dropout) == (64, 0.5)


@pytest.mark.parametrize('changes, message', [
    ({'filterz': '64'}, "unknown key 'filterz'; choose from: .*filters"),
    ({'filters': 'many'}, "filters must be a whole number, not 'many'"),
    ({'filters': '0'}, 'filters must be at least 1'),
    ({'dropout': '1'}, 'dropout must be from 0 to 0.99'),
    ({'vocab_size': '3'}, 'vocab_size must be at least 4'),
    ({'learning_rate': 'nan'}, 'learning_rate must be above 0'),
])
def test_wrong_changes_are_refused(changes, message):
  with pytest.raises(ValueError, match=message):
    registry.get('cnn').hparams.replace(changes)
