"""Directories of encoders: read, or refused in one line that names the file."""

import json

import numpy as np
import pytest
import safetensors
from safetensors import numpy as safetensors_numpy

from models import encoder_files
from models.networks import encoder
from tests import encoders

_CAPITALS = tuple('ABCDEFGH')


def _remove(name):
  return lambda directory: (directory / name).unlink()


def _pickle(directory):
  (directory / 'model.safetensors').rename(directory / 'pytorch_model.bin')


def _change_weights(change):
  def run(directory):
    path = directory / 'model.safetensors'
    tensors = safetensors_numpy.load_file(path)
    change(tensors)
    safetensors_numpy.save_file(tensors, path)
  return run


def _change_config(**values):
  def run(directory):
    path = directory / 'config.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
  return run


def _append_to_vocabulary(directory):
  with (directory / 'vocab.txt').open('a') as file:
    file.write('new\n')


def _write_tokenizer_of_another(directory):
  (directory / 'tokenizer_config.json').write_text('{"do_lower_case": false}')


_BROKEN = {
    'no directory': (lambda directory: directory.rename(directory.with_name('moved')), 'no such directory; --encoder'),
    'no configuration': (_remove('config.json'), 'config.json: no such file'),
    'no vocabulary': (_remove('vocab.txt'), 'vocab.txt: no such file'),
    'no weights': (_remove('model.safetensors'), 'model.safetensors: no such file'),
    'a pickle': (_pickle, 'pytorch_model.bin: a pickle, which can run any code'),
    'another architecture': (_change_config(model_type='roberta'), "config.json: model_type is 'roberta'; choose"),
    'relative positions': (_change_config(position_embedding_type='relative_key'), 'config.json: position embeddings'),
    'another activation': (_change_config(hidden_act='swish'), "config.json: the activation 'swish'"),
    'three labels': (_change_config(id2label={'0': 'a', '1': 'b', '2': 'c'}), 'config.json: .*3 labels'),
    'heads that do not fit': (_change_config(num_attention_heads=3), 'config.json: .*do not fit together'),
    'no size': (_change_config(hidden_size=None), 'config.json: not the configuration of an encoder'),
    'other shapes': (_change_config(intermediate_size=17), r'intermediate.dense.weight has the shape \(16, 8\)'),
    'a layer too many': (_change_config(num_hidden_layers=3), 'there is no tensor encoder.layer.2.attention'),
    'a larger vocabulary': (_append_to_vocabulary, 'vocab.txt: .*pieces'),
    'no special piece': (lambda directory: (directory / 'vocab.txt').write_text('[PAD]\na\n'), r'no piece \[UNK\]'),
    'a cased tokenizer': (_write_tokenizer_of_another, 'do_lower_case is false, but 0 of'),
    'no classifier': (_change_weights(lambda tensors: tensors.pop('classifier.bias')), 'no classifier.bias of 2'),
    'not finite': (
        _change_weights(lambda tensors: tensors['pooler.dense.bias'].fill(np.nan)), 'pooler.dense.bias .*finite'),
    'cut off': (lambda directory: (directory / 'model.safetensors').write_bytes(b'\x10\0\0\0\0\0\0\0{'),
                'model.safetensors cannot be read'),
    'no JSON': (lambda directory: (directory / 'config.json').write_text('{'), 'config.json cannot be read'),
}


@pytest.mark.parametrize('what', _BROKEN)
def test_a_bad_directory_is_refused_in_one_line(what, tmp_path):
  encoders.write(tmp_path / 'encoder')
  spoil, message = _BROKEN[what]
  spoil(tmp_path / 'encoder')
  encoder_files.check.cache_clear()
  with pytest.raises(ValueError, match=message) as error:
    encoder_files.check(str(tmp_path / 'encoder'))
  assert str(tmp_path) in str(error.value) and '\n' not in str(error.value)


def test_a_cased_vocabulary_is_read_as_it_is_written(tmp_path):
  directory = encoders.write(tmp_path / 'cased', pieces=(*encoders.PIECES, *_CAPITALS))
  tokenizer = encoder_files.read_tokenizer(directory)
  assert not tokenizer.lower_case and not tokenizer.strip_accents
  (tmp_path / 'cased' / 'tokenizer_config.json').write_text('{"do_lower_case": true}')
  with pytest.raises(ValueError, match='do_lower_case is true, but 8 of the'):
    encoder_files.read_tokenizer(directory)


def test_the_description_says_what_becomes_of_the_head(tmp_path):
  fine_tuned = encoder_files.check(encoders.write(tmp_path / 'fine-tuned')).describe()
  base = encoder_files.check(encoders.write(tmp_path / 'base', is_classifier=False)).describe()
  assert fine_tuned == 'bert, 2 layers, 8 units, 0.0 million parameters: a fine-tuned classifier'
  assert base.endswith(': a base encoder: a new head is trained')


def test_names_of_the_labels_say_which_is_positive(tmp_path):
  plain = encoders.write(tmp_path / 'plain')
  exchanged = encoders.write(tmp_path / 'exchanged', id2label={'0': 'POSITIVE', '1': 'NEGATIVE'})
  ids = [2, 5, 9, 3]
  assert encoders.score(plain, ids) == pytest.approx(1 - encoders.score(exchanged, ids))


def test_half_precision_and_older_names_are_read(tmp_path):
  def save_old(tensors):
    old = lambda name: name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')
    return {f'bert.{old(name)}': value.astype(np.float16) for name, value in tensors.items()}

  new, old = encoders.write(tmp_path / 'new'), encoders.write(tmp_path / 'old', tensors=save_old)
  ids = [2, 5, 9, 3]
  assert encoders.score(new, ids) == pytest.approx(encoders.score(old, ids), abs=1e-2)


@pytest.mark.parametrize('changes, message', [
    ({'max_pieces': 65}, r'reads at most 64 pieces of a text: lower max_pieces \(65\)'),
    ({'frozen_layers': 3}, r'has 2 layers: lower frozen_layers \(3\)'),
    ({'train_steps': 0}, 'is a base encoder without a classifier: omit --train-steps 0')])
def test_hyperparameters_must_fit_the_encoder(changes, message, tmp_path):
  directory = encoders.write(tmp_path / 'base', is_classifier=False)
  hparams = encoder.EncoderHparams(max_pieces=64)
  hparams.check_encoder(directory)
  with pytest.raises(ValueError, match=message):
    hparams.replace(changes).check_encoder(directory)


@pytest.mark.parametrize('write', [encoders.write, encoders.write_distilbert])
def test_tensors_keep_the_names_of_their_kind(write, tmp_path):
  directory = write(tmp_path / 'encoder')
  config = encoder_files.read_config(directory)
  names = {encoder_files.name_in_file(name, config.kind) for name in encoder_files.tensor_shapes(config)}
  with safetensors.safe_open(f'{directory}/{encoder_files.WEIGHTS_FILE}', framework='numpy') as file:
    own = {name.removeprefix(f'{config.kind}.') for name in file.keys()}
  assert {name.removeprefix(f'{config.kind}.') for name in names} == own
  assert {name for name in names if not name.startswith(f'{config.kind}.')} == {
      f'{head}.{part}' for head in ('classifier', *(['pre_classifier'] if config.kind == 'distilbert' else []))
      for part in ('weight', 'bias')}
