"""Which models a comparison runs, with which inputs, and how they differ."""

import numpy as np
import pytest

from components.common import review_scores
from models import registry
from pipeline.local import command_line
from pipeline.results import comparison
from tests import encoders


def _configs(*flags):
  return command_line.create_configs(command_line.build_parser().parse_args(flags))


def test_each_model_gets_the_inputs_that_it_uses():
  configs = _configs('--compare', 'all', '--embeddings', 'vectors.txt', '--unlabeled', 'more.tar.gz', '--encoder',
                     'all-MiniLM-L6-v2')
  assert [config.model for config in configs] == list(registry.MODELS)
  assert {config.model for config in configs if config.embeddings} == {'cnn_pretrained', 'lstm_pretrained'}
  assert {config.model for config in configs if config.encoder} == {'encoder', 'encoder_wide'}
  assert {config.model for config in configs if config.unlabeled} == {
      'cnn_pretrained', 'lstm_pretrained', 'wide_deep', 'encoder_wide'}


@pytest.mark.parametrize('names, expected', [
    ('cnn, bow_sparse ,cnn', ['cnn', 'bow_sparse']), ('cnn,cnn_pretrained,encoder', ['cnn']), (' lstm', ['lstm'])])
def test_names_are_stripped_and_models_without_inputs_skipped(names, expected):
  assert [config.model for config in _configs('--compare', names)] == expected


@pytest.mark.parametrize('flags, message', [
    (['--compare', 'cnn_pretrained,lstm_pretrained'], '--compare: all of these models require word vectors'),
    (['--compare', 'cnn,cnn_pretrained', '--model', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained'),
    (['--compare', 'cnn,encoder', '--model', 'encoder'], '--encoder is required by encoder: pass a directory in'),
    (['--model', 'cnn', '--encoder', 'all-MiniLM-L6-v2'], 'cnn uses no encoder: omit --encoder'),
    (['--compare', 'cnn', '--encoder', 'all-MiniLM-L6-v2'], '--encoder is used by none of the models')])
def test_missing_and_unused_inputs_are_named_at_first(flags, message):
  with pytest.raises(ValueError, match=message):
    _configs(*flags)


def test_models_that_an_encoder_does_not_fit_are_skipped(tmp_path):
  base = encoders.write(tmp_path / 'base', is_classifier=False)

  def select(names, chosen):
    pieces = [f'--set={name}.max_pieces=64' for name in names.split(',') if name.startswith('encoder')]
    configs = _configs('--compare', names, '--encoder', base, *pieces)
    inputs = command_line.Inputs('reviews.csv', None, base)
    return [config.model for config in command_line.add_inputs(configs, inputs, chosen)]

  assert select('cnn,encoder,encoder_wide', None) == ['cnn', 'encoder']
  for names, chosen in (('cnn,encoder_wide', None), ('encoder,encoder_wide', 'encoder_wide')):
    with pytest.raises(ValueError, match='a base encoder without a classifier'):
      select(names, chosen)


def test_models_are_compared_with_the_most_accurate_one(tmp_path):
  rows, directories = [], []
  for name, errors in (('worse', 30), ('best', 10)):
    labels = np.arange(100) % 2
    scores = np.where(np.arange(100) < errors, 1 - labels, labels).astype(np.float32)
    (tmp_path / name).mkdir()
    review_scores.write_scores([review_scores.ReviewScores(
        np.arange(100).astype(str).astype(object), np.arange(100).astype(np.uint64), labels, scores)],
                               str(tmp_path / name / review_scores.FILE))
    rows.append(comparison.Row(**{
        **dict.fromkeys(comparison.Row._fields, 0.5), 'model': name, 'accuracy': 1 - errors / 100}))
    directories.append(str(tmp_path / name))
  worse, best = comparison.add_differences(rows, directories)
  assert (best.difference, best.difference_low, best.difference_high) == (0, 0, 0)
  assert worse.difference == pytest.approx(-0.2) and worse.difference_low < -0.19 and worse.difference_high < -0.1
