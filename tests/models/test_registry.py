import dataclasses
import pathlib
import shutil

import pytest

from models import hparams
from models import model
from models import registry
from pipeline import fingerprints


@pytest.mark.parametrize('name, preset', [
    (name, preset) for preset in ('default', 'tutorial') for name in registry.names(preset)])
def test_every_model_is_complete(name, preset):
  record = registry.get(name, preset)
  assert isinstance(record, model.Model)
  assert isinstance(record.hparams, hparams.Hparams)
  fields = {field.name for field in dataclasses.fields(record.hparams)}
  documented = ''.join(kind.__doc__ for kind in type(record.hparams).__mro__ if issubclass(kind, hparams.Hparams))
  assert not [name for name in fields if f'{name}:' not in documented]


@pytest.mark.parametrize('name', registry.names('tutorial'))
def test_the_preset_tutorial_has_the_settings_of_the_tutorial(name):
  settings = registry.get(name, 'tutorial').hparams
  assert (settings.vocab_size, settings.max_length, settings.batch_size) == (5000, 200, 100)
  assert (settings.train_steps, settings.patience) == (25_000, 0)


def test_an_unknown_preset_or_model_of_it_lists_the_known():
  message = "unknown model of the preset tutorial 'ngrams'; choose from: bow_sparse, .*lstm"
  with pytest.raises(ValueError, match=message):
    registry.get('ngrams', 'tutorial')
  with pytest.raises(ValueError, match="unknown preset 'fast'; choose from: default, tutorial"):
    registry.get('cnn', 'fast')


@pytest.mark.parametrize('name', registry.MODELS)
def test_the_search_space_is_valid_and_leaves_transform_alone(name):
  defaults = registry.get(name).hparams
  for key, values in defaults.search_space().items():
    tried = [values.low, values.high] if isinstance(values, hparams.Range) else values
    for value in tried:
      assert defaults.replace({key: value}).preprocessing() == defaults.preprocessing()


def test_an_unknown_model_lists_the_known():
  with pytest.raises(ValueError, match="unknown model 'rnn'; choose from: .*cnn"):
    registry.get('rnn')


def test_changes_are_parsed_as_the_types_of_the_fields():
  changed = registry.get('cnn').hparams.replace({'filters': '64', 'dropout': '0.5'})
  assert (changed.filters, changed.dropout) == (64, 0.5)


@pytest.mark.parametrize('changes, message', [
    ({'filterz': '64'}, "unknown key 'filterz'; choose from: .*filters"),
    ({'filters': 'many'}, "filters must be a whole number, not 'many'"),
    ({'filters': '0'}, 'filters must be at least 1'),
    ({'dropout': '1'}, 'dropout must be from 0 to 0.99'),
    ({'vocab_size': '3'}, 'vocab_size must be at least 4'),
    ({'learning_rate': 'nan'}, 'learning_rate must be above 0 and finite, not nan'),
])
def test_invalid_changes_are_refused(changes, message):
  with pytest.raises(ValueError, match=message):
    registry.get('cnn').hparams.replace(changes)


def test_a_new_line_leaves_the_code_fingerprints_alone(tmp_path, monkeypatch):
  project = pathlib.Path(registry.__file__).parents[1]
  for package in 'models', 'compat':
    shutil.copytree(project / package, tmp_path / package)
  monkeypatch.setattr(fingerprints, '_ROOT', tmp_path)
  entry_points = [('models.training.run_fn', registry.module_name(name)) for name in registry.MODELS]
  entry_points += [('models.training.tuner', 'models.networks.cnn'), ('models.training.distributed',)]
  before = [fingerprints.hash_code(*modules) for modules in entry_points]
  with (tmp_path / 'models' / 'registry.py').open('a') as file:
    file.write("MODELS['new'] = 'models.networks.new:NEW'\n")
  after = [fingerprints.hash_code(*modules) for modules in entry_points]
  assert after[:-1] == before[:-1]
  assert after[-1] != before[-1]  # the command line, which does read the list
