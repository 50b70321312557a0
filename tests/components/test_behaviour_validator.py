import collections
import hashlib
import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.behaviour_validator import cases
from components.behaviour_validator import component
from components.behaviour_validator import domain
from components.behaviour_validator import executor
from components.behaviour_validator import results
from components.common import artifacts
from models.text import normalisation

_FILMS = domain.load('films')
_CASES = cases.make_cases(_FILMS.templates)
_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_GOOD = ('great excellent wonderful wonderfully brilliant amazing superb fantastic beautiful loved enjoyed best '
         'masterpiece recommend recommended perfect favorite must laughed laugh well deserves witty hilarious '
         'exquisite sublime heartwarming uplifting mesmerizing poignant first enjoyable').split()
_BAD = ('awful terrible terribly horrible boring stupid dreadful pathetic bad badly hated disliked worst disaster '
        'waste yawned asleep money ridiculous dull lifeless wooden avoid dire woeful insufferable vapid insipid shoddy '
        'excruciating unbearable').split()
_NOT = ['not', 'never', 'nobody', 'neither', 'none', 'wasn', 'don']
_THRESHOLDS = {  # that a bag of words meets, which knows opinions but not what the words around them do to them
    **cases.DEFAULT_THRESHOLDS, 'negation': 0.1, 'composition': 0.1, 'fairness': 0.95, 'neutral': 0.7}


class _Lexicon(tf.Module):
  """Counts words: sigmoid(weight * (good - bad - 2 * not) + bias)."""

  def __init__(self, weight, bias=0.0, shape=(-1, 1), negations=-2.0, output='scores', unify=normalisation.unify):
    super().__init__()
    values = tf.constant([1.0] * len(_GOOD) + [-1.0] * len(_BAD) + [negations] * len(_NOT))
    self._table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(_GOOD + _BAD + _NOT), values), 0.0)
    self._weight, self._bias, self._shape, self._output = weight, bias, shape, output
    self._unify = unify

  @tf.function
  def predict_text(self, text):
    words = tf.strings.split(tf.strings.regex_replace(tf.strings.lower(self._unify(text)), r'<br />|[^a-z]+', ' '))
    count = tf.reduce_sum(words.with_flat_values(self._table.lookup(words.flat_values)), axis=1)
    return {self._output: tf.reshape(tf.sigmoid(self._weight * count + self._bias), self._shape)}


def _save(path, *arguments, signature='predict_text', input_key='text', **keywords):
  module = _Lexicon(*arguments, **keywords)
  function = module.predict_text.get_concrete_function(tf.TensorSpec([None], tf.string, name=input_key))
  tf.saved_model.save(module, str(path), signatures={signature: function})
  return str(path)


@pytest.fixture(scope='module', name='models')
def _models(tmp_path_factory):
  top = tmp_path_factory.mktemp('models')
  return {
      'lexicon': _save(top / 'lexicon', 2.0),
      'constant': _save(top / 'constant', 0.0, 1.0),
      'inverted': _save(top / 'inverted', -2.0),
      'blind to negation': _save(top / 'blind', 2.0, negations=0.0),
      'blind to writing': _save(top / 'writing', 2.0, unify=tf.identity),
      'not a number': _save(top / 'nan', math.nan),
      'flat': _save(top / 'flat', 2.0, shape=(-1,)),
      'other signature': _save(top / 'signature', 2.0, signature='score'),
      'other input': _save(top / 'input', 2.0, input_key='review'),
      'other output': _save(top / 'output', 2.0, output='logits'),
  }


def _rates(result):
  return {name: found['pass_rate'] for name, found in result['capabilities'].items()}


def test_cases_are_many_and_distinct():
  counts = collections.Counter(case.capability for case in _CASES)
  assert tuple(counts) == cases.CAPABILITIES and min(counts.values()) >= 100 and len(_CASES) >= 1_500
  assert len({case.texts for case in _CASES}) == len(_CASES)
  assert all(len(set(case.texts)) == len(case.texts) for case in _CASES)
  lengths = [len(case.texts[0].split()) for case in _CASES]
  assert min(lengths) <= 5 and 50 < max(lengths) < 150
  assert not [case for case in _CASES if any(set('{}') & set(text) for text in case.texts)]


def test_cases_of_each_test_are_balanced():
  counts = collections.Counter((case.capability, case.test, case.expected) for case in _CASES)
  for (capability, test, expected), count in counts.items():
    if expected == 'negative':
      assert counts[capability, test, 'positive'] == count
  assert counts['direction', 'praise added', 'not lower'] == counts['direction', 'blame added', 'not higher']
  assert sum(count for (_, _, expected), count in counts.items() if expected == 'negative') > 100


def test_cases_are_the_same_in_every_process():
  code = ('import hashlib; from components.behaviour_validator import cases; '
          'from components.behaviour_validator import domain; '
          'print(hashlib.sha256(repr(cases.make_cases(domain.load("films").templates)).encode()).hexdigest())')
  expected = hashlib.sha256(repr(_CASES).encode()).hexdigest()
  for seed in '1', '2':
    process = subprocess.run(
        [sys.executable, '-c', code], cwd=_PROJECT, env={**os.environ, 'PYTHONHASHSEED': seed}, capture_output=True,
        text=True, check=True)
    assert process.stdout.strip() == expected


@pytest.mark.parametrize('expected, scores, passes', [
    ('positive', [0.51], True), ('positive', [0.5], False), ('positive', [math.nan], False),
    ('negative', [0.49], True), ('negative', [0.5], False), ('negative', [math.nan], False),
    ('neutral', [0.3], True), ('neutral', [0.7], True), ('neutral', [0.29], False), ('neutral', [math.nan], False),
    ('unchanged', [0.7, 0.89], True), ('unchanged', [0.7, 0.91], False), ('unchanged', [0.49, 0.51], False),
    ('unchanged', [0.3, 0.09], False), ('unchanged', [math.nan, math.nan], False),
    ('not lower', [0.5, 0.46], True), ('not lower', [0.5, 0.44], False), ('not lower', [0.1, 0.9], True),
    ('not higher', [0.5, 0.54], True), ('not higher', [0.5, 0.56], False), ('not higher', [0.9, 0.1], True),
    ('not lower', [0.5, math.nan], False), ('not higher', [math.nan, 0.5], False),
])
def test_case_passes_if_scores_are_as_expected(expected, scores, passes):
  assert cases.Case('', '', ('text',) * len(scores), expected).passes(scores) is passes


@pytest.mark.parametrize('thresholds, message', [
    ({'negation': 0.1, 'irony': 0.5}, f"unknown capability 'irony'; choose from: {', '.join(cases.CAPABILITIES)}"),
    ({'negation': 1.01}, 'negation must be a pass rate from 0 to 1, not 1.01'),
    ({'direction': -0.1}, 'direction must be a pass rate from 0 to 1, not -0.1'),
    ({'direction': math.nan}, 'direction must be a pass rate from 0 to 1, not nan'),
    ({'direction': '0.5'}, "direction must be a pass rate from 0 to 1, not '0.5'"),
    ({'direction': True}, 'direction must be a pass rate from 0 to 1, not True'),
])
def test_thresholds_are_checked_before_anything_runs(thresholds, message):
  with pytest.raises(ValueError, match=message):
    component.BehaviourValidator(
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model), code='', thresholds=thresholds)


def test_model_that_knows_the_words_passes(models):
  result = executor.run_tests(models['lexicon'], _THRESHOLDS, _FILMS)
  assert result['blessed'] and result['reason'] == ''
  rates = _rates(result)
  assert rates['direction'] == rates['fairness'] == 1 and rates['neutral'] > 0.95
  assert 0.8 < rates['minimum_functionality'] < 0.9  # short verdicts hold no word that it knows
  assert cases.DEFAULT_THRESHOLDS['invariance'] < rates['invariance'] < 1
  assert 0.1 <= rates['negation'] < 0.5 and rates['composition'] < 0.5


@pytest.mark.parametrize('model, refused', [
    ('constant', {'minimum_functionality', 'neutral'}),
    ('inverted', {'minimum_functionality', 'direction'}),
    ('blind to negation', {'negation'}),
    ('blind to writing', {'writing'}),
    ('not a number', set(cases.CAPABILITIES)),
])
def test_broken_model_is_refused(models, model, refused):
  result = executor.run_tests(models[model], _THRESHOLDS, _FILMS)
  reasons = {reason.partition(':')[0].partition(',')[0] for reason in result['reasons'] if ' cases pass ' in reason}
  assert not result['blessed'] and reasons == refused
  assert {name for name, rate in _rates(result).items() if rate < _THRESHOLDS[name]} == refused
  json.dumps(result, allow_nan=False)


@pytest.mark.parametrize('reads', cases.READS)
def test_a_model_that_counts_words_has_its_limit(models, reads):
  result = executor.run_tests(models['blind to negation'], _THRESHOLDS, _FILMS, reads)
  assert result['blessed'] == (reads == 'none')
  first = cases.LIMIT_OF_COUNTING if reads == 'none' else 'negation: '
  assert result['limits'] and result['limits'][0].startswith(first)
  assert results.make_report({text: 0.5 for case in _CASES for text in case.texts}, {}, _FILMS)['limits']


def test_fairness_is_judged_by_the_worse_of_its_tests():
  scores = {text: 0.6 for case in _CASES for text in case.texts}
  scores |= {text: 0.81 for case in _CASES if case.test == 'other terms' for text in case.texts[1:] if 'Druze' in text}
  found = results.make_report(scores, {'fairness': 0.98}, _FILMS)
  (reason,), result = found['reasons'], found['capabilities']['fairness']
  assert result['pass_rate'] > 0.98 > result['judged_rate'] == result['tests']['other terms']['pass_rate']
  assert reason.startswith('fairness, other terms: 216 of 222 cases pass (97.3%)') and 'min_fairness=0.97' in reason
  assert reason.endswith("scores 0.600, then 'The main character is a Druze teacher who takes the night train.' scores "
                         '0.810, expected unchanged')


def test_random_scores_are_refused():
  texts = sorted({text for case in _CASES for text in case.texts})
  for seed in range(20):
    scores = np.random.default_rng(seed).random(len(texts)).tolist()
    assert not results.make_report(dict(zip(texts, scores)), _THRESHOLDS, _FILMS)['blessed']


def test_reason_is_one_line_with_the_first_failure(models):
  reason = executor.run_tests(models['constant'], {'minimum_functionality': 0.7}, _FILMS)['reason']
  assert reason == ('minimum_functionality: 110 of 220 cases pass (50.0%), the threshold is 70.0%: train a better '
                    'model, or --set min_minimum_functionality=0.5; the first failure: '
                    "'For me the film was awful.' scores 0.731, expected negative")
  # A pair, whose change is a line break.
  texts = {text: 0.9 for case in _CASES for text in case.texts}
  scores = {text: 0.1 if '\n' in text else 0.9 for text in texts}
  reason = results.make_report(scores, {'invariance': 1}, _FILMS)['reason']
  assert '\n' not in reason and "scores 0.900, then '" in reason
  assert "\\t\\n' scores 0.100, expected unchanged" in reason
  assert len(reason) < 600


@pytest.mark.slow
def test_report_agrees_with_a_recount(models):
  result = executor.run_tests(models['lexicon'], _THRESHOLDS, _FILMS)
  score = tf.saved_model.load(models['lexicon']).signatures['predict_text']
  for capability, found in result['capabilities'].items():
    chosen = [case for case in _CASES if case.capability == capability]
    scores = {case: score(text=tf.constant(case.texts))['scores'].numpy()[:, 0].tolist() for case in chosen}
    passed = sum(case.passes(scores[case]) for case in chosen)
    assert (found['count'], found['passed'], found['pass_rate']) == (len(chosen), passed, passed / len(chosen))
    assert found['threshold'] == _THRESHOLDS[capability]
    low, high = found['interval']
    assert low < found['pass_rate'] <= high
    for test, part in found['tests'].items():
      failed = [case for case in chosen if case.test == test and not case.passes(scores[case])]
      assert (part['count'] - part['passed'], part['pass_rate']) == (len(failed), part['passed'] / part['count'])
      assert [failure['texts'] for failure in part['failures']] == [list(case.texts) for case in failed]
      for failure, case in zip(part['failures'], failed):
        assert failure['scores'] == pytest.approx(scores[case], abs=1e-6) and failure['expected'] == case.expected


@pytest.mark.parametrize('model, message', [
    ('nowhere', 'nowhere: not a loadable model'),
    ('other signature', "not a loadable model with the signature predict_text (KeyError: 'predict_text')"),
    ('other input', 'the model cannot score: '),
    ('other output', "the model cannot score: 'scores'"),
    ('flat', 'the model cannot score: '),
])
def test_model_that_cannot_score_is_refused(models, model, message):
  result = executor.run_tests(models.get(model, model), cases.DEFAULT_THRESHOLDS, _FILMS)
  assert not result['blessed'] and message in result['reason'] and '\n' not in result['reason']
  assert set(_rates(result).values()) == {0}


@pytest.mark.slow
@pytest.mark.parametrize('model, thresholds, blessed', [
    ('lexicon', _THRESHOLDS, 1),
    ('lexicon', {**_THRESHOLDS, 'negation': 0.9}, 0),
    ('lexicon', {'direction': 1}, 1),
    ('inverted', {}, 1),
])
def test_artifact_has_the_report_and_its_properties(models, tmp_path, model, thresholds, blessed):
  tf.io.gfile.makedirs(str(tmp_path / 'model'))
  os.symlink(models[model], tmp_path / 'model' / 'Format-Serving')
  source = tfx.types.standard_artifacts.Model()
  source.uri = str(tmp_path / 'model')
  output = artifacts.BehaviourReport()
  output.uri = str(tmp_path / 'report')
  node = component.BehaviourValidator(
      model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model), code='', thresholds=thresholds)
  executor.Executor().Do({'model': [source]}, {'report': [output]}, dict(node.exec_properties))
  with open(tmp_path / 'report' / 'report.json', encoding='utf-8') as file:
    written = json.load(file)
  assert written == executor.run_tests(models[model], thresholds, _FILMS)
  assert output.get_int_custom_property('blessed') == blessed == int(written['blessed'])
  assert output.get_string_custom_property('reason') == written['reason']
  assert output.get_string_custom_property('limits').splitlines() == written['limits']
  assert {name: output.get_float_custom_property(name) for name in cases.CAPABILITIES} == _rates(written)
