"""Which models a comparison runs, and with which inputs."""

import pytest

from models import registry
from pipeline.local import command_line


def _configs(*flags):
  return command_line.create_configs(command_line.build_parser().parse_args(flags))


def test_each_model_gets_the_inputs_that_it_uses():
  configs = _configs('--compare', 'all', '--embeddings', 'vectors.txt', '--unlabeled', 'more.tar.gz')
  assert [config.model for config in configs] == list(registry.MODELS)
  assert {config.model for config in configs if config.embeddings} == {'cnn_pretrained', 'lstm_pretrained'}
  assert {config.model for config in configs if config.unlabeled} == {
      'cnn_pretrained', 'lstm_pretrained', 'wide_deep'}


@pytest.mark.parametrize('names, expected', [
    ('cnn, bow_sparse ,cnn', ['cnn', 'bow_sparse']), ('cnn,cnn_pretrained', ['cnn']), (' lstm', ['lstm'])])
def test_names_are_stripped_and_models_without_vectors_skipped(names, expected):
  assert [config.model for config in _configs('--compare', names)] == expected


@pytest.mark.parametrize('flags, message', [
    (['--compare', 'cnn_pretrained,lstm_pretrained'], '--compare: all of these models require word vectors'),
    (['--compare', 'cnn,cnn_pretrained', '--model', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained')])
def test_missing_word_vectors_are_named_before_anything_runs(flags, message):
  with pytest.raises(ValueError, match=message):
    _configs(*flags)
