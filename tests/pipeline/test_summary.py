"""What the summary advises if default thresholds refuse a model of other texts than films."""

import pytest

from components.common import evaluation_results
from pipeline import config
from pipeline.results import summary


@pytest.mark.parametrize('accuracy, changes, settings', [
    (0.7937, {}, '--set min_accuracy=0.79'), (0.85, {}, None),
    (0.7937, {'min_accuracy': 0.82}, None),  # a threshold of one's own
    (0.7937, {'min_accuracy': None}, None)])
def test_default_thresholds_say_what_they_were_chosen_for(accuracy, changes, settings):
  key = ('rating', '4')
  slices = {part: evaluation_results.Slice(
      part, {'binary_accuracy': accuracy, 'auc': 0.9, 'accuracy_upper_bound': 0.9}, {}, {}) for part in ((), key)}
  advice = summary.advise_on_defaults(
      config.PipelineConfig(data='', output_dir='', **changes), evaluation_results.Evaluation(slices, None, []),
      {'negation': 0.2})
  assert advice == (settings and 'the defaults were chosen for IMDB reviews; for other texts, name a --domain or '
                    f'choose your own: this model meets {settings}')


def test_capabilities_that_fail_are_advised_on():
  slices = {key: evaluation_results.Slice(
      key, {'binary_accuracy': 0.9, 'auc': 0.95, 'accuracy_upper_bound': 0.9}, {}, {}) for key in ((), ('rating', '4'))}
  advice = summary.advise_on_defaults(
      config.PipelineConfig(data='', output_dir=''), evaluation_results.Evaluation(slices, None, []),
      {'negation': 0.05, 'invariance': 0.756})
  assert advice and advice.endswith('meets --set min_invariance=0.75')


@pytest.mark.parametrize('changes, rates, is_sample, expected', [
    ({'min_negation': 0.5}, {'negation': 0.4}, False, 'this model does not read enough (negation): --set reads=none'),
    ({'min_negation': 0.5}, {'negation': 0.4}, True, 'sample data teaches no model to read (negation): --set'),
    ({'min_negation': 0.5}, {'negation': 0.5}, False, None), ({'min_negation': None}, {'negation': 0.0}, False, None),
    ({'reads': 'none'}, {'negation': 0.0}, False, None)])
def test_a_model_that_counts_words_can_be_pushed(changes, rates, is_sample, expected):
  advice = summary.advise_on_reading(config.PipelineConfig(data='', output_dir='', **changes), rates, is_sample)
  assert advice is None if expected is None else advice and advice.startswith(expected)
