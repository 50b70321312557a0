"""Which models a comparison runs."""

import io

import pytest
import rich.console

from models import registry
from pipeline import config as config_lib
from pipeline.local import compare
from pipeline.local import run


@pytest.fixture(name='console')
def _console(monkeypatch):
  """A console that keeps its lines; no pipeline may run."""
  monkeypatch.setattr(run, 'execute_pipeline', None)
  return rich.console.Console(file=io.StringIO(), width=200)


def _configs(*models, **fields):
  return [config_lib.PipelineConfig(data='reviews.csv', output_dir='output', model=model, **fields) for model in models]


@pytest.mark.parametrize('chosen, models, message', [
    (None, ['cnn_pretrained', 'lstm_pretrained'], '--compare: no model is left to compare'),
    ('cnn_pretrained', ['cnn', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained')])
def test_missing_word_vectors_are_named_before_anything_runs(console, chosen, models, message):
  with pytest.raises(ValueError, match=message):
    compare.compare_models(_configs(*models), None, chosen, console, False)
  assert 'cnn_pretrained skipped: requires --embeddings' in console.file.getvalue()


def test_each_model_gets_the_inputs_that_it_uses(console):
  found = compare._add_inputs(_configs(*registry.MODELS, unlabeled='more.tar.gz'), 'vectors.txt', console)
  assert [config.model for config in found] == list(registry.MODELS)
  assert {config.model for config in found if config.embeddings} == {'cnn_pretrained', 'lstm_pretrained'}
  assert {config.model for config in found if config.unlabeled} == {
      'cnn_pretrained', 'lstm_pretrained', 'wide_deep'}
