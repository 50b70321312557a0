"""What a model that was trained on the real reviews does with texts made for the purpose."""

import os

import pytest

from components.behaviour_validator import cases
from components.behaviour_validator import domain
from components.behaviour_validator import executor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif('IMDB_DATA' not in os.environ, reason='IMDB_DATA names no real reviews')]


@pytest.fixture(scope='module', name='capabilities')
def _capabilities(real_run):
  """By capability, what its tests found in a bag of words, the least able of the models, which does not read."""
  result = executor.run_tests(real_run[1], cases.DEFAULT_THRESHOLDS, domain.load('films'), reads='none')
  assert result['limits'][0] == cases.LIMIT_OF_COUNTING
  return result['capabilities']


@pytest.mark.parametrize('capability', cases.CAPABILITIES)
def test_the_trained_model_behaves(capabilities, capability, capsys):
  found = capabilities[capability]
  with capsys.disabled():
    print(f'\n{capability}: {found["pass_rate"]:.1%} of {found["count"]} pass (threshold {found["threshold"]:.0%}); '
          + ', '.join(f'{test} {part["pass_rate"]:.1%}' for test, part in found['tests'].items()))
  assert found['pass_rate'] >= found['threshold'], found['tests']
