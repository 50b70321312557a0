"""Domains: their files, the cases made of them, and what they change for a model of other texts than films."""

import collections
import json
import re

import pytest
import yaml

from components.behaviour_validator import cases
from components.behaviour_validator import component
from components.behaviour_validator import domain
from components.behaviour_validator import progress_line
from components.behaviour_validator import results
from components.common import explanation
from pipeline import flags
from pipeline.local import command_line

_GOOD = ('love loves works perfectly great sturdy excellent quality delighted quiet reliable highly recommended best '
         'superb wonderful perfect amazing fantastic worth well happier exceeded easy friendly dependable top').split()
_BAD = ('hate never terrible flimsy waste poor broke useless annoyed noisy unreliable worst ridiculous avoid awful '
        'horrible defective dreadful badly cheap rude disappointed unusable second '
        + 2 * 'not don wasn nobody neither none ').split()


def _score_product(text):
  words = collections.Counter(re.findall('[a-z]+', explanation.word_key(text).replace('<br />', ' ')))
  balance = sum(words[word] for word in _GOOD) - sum(words[word] for word in _BAD)
  return 0.5 + 0.1 * max(-4.5, min(4.5, balance))


def _report(name, score=_score_product):
  loaded = domain.load(name)
  texts = {text for case in cases.make_cases(loaded.templates) for text in case.texts}
  return results.make_report(
      {text: score(text) for text in texts}, cases.DEFAULT_THRESHOLDS, loaded, reads='none')  # it counts words


def test_cases_of_each_domain_are_distinct_and_balanced():
  assert domain.names() == ['films', 'none', 'products']
  for name in domain.names():
    made = cases.make_cases(domain.load(name).templates)
    assert len({case.texts for case in made}) == len(made)
    counts = collections.Counter(case.expected for case in made)
    assert counts['negative'] == counts['positive'] and counts['not lower'] == counts['not higher']
  assert {case.capability for case in cases.make_cases(domain.load('products').templates)} == set(cases.CAPABILITIES)
  films, products = (json.dumps(cases.make_cases(domain.load(name).templates)) for name in ('films', 'products'))
  assert 'kettle' in products and 'kettle' not in films
  assert not [word for word in ('film', 'movie', 'actor') if word in products]


def test_a_model_of_products_is_not_refused_for_what_films_teach():
  assert _report('products')['blessed']
  assert 'minimum_functionality' in _report('films')['reason']
  assert not _report('products', lambda text: 1 - _score_product(text))['blessed']


def test_a_domain_without_templates_refuses_no_model_that_scores():
  report = _report('none', lambda text: 0.5)
  assert report['blessed'] and report['capabilities'] == {} and report['domain']['name'] == 'none'
  assert 'templates' not in report['domain']
  assert not results.make_report({}, {}, domain.load('none'), 'the model cannot score')['blessed']


class _Execution:
  """What the terminal's line is read from."""

  properties: dict = {}

  def __init__(self, **values):
    self._values = values

  def value(self, unused_key, name):
    return self._values.get(name)


def test_the_terminal_names_what_was_tested():
  assert progress_line.describe(_Execution(blessed=1, domain='none')).text == 'no tests in the domain none'
  assert progress_line.describe(_Execution(blessed=1, direction=0.5)).text == 'direction 50%'


def _own(tmp_path, **changes):
  content = yaml.safe_load((domain._FOLDER / 'none.yaml').read_text(encoding='utf-8'))
  path = tmp_path / 'tickets.yaml'
  path.write_text(yaml.safe_dump({**content, **changes}), encoding='utf-8')
  return str(path)


def test_a_file_of_ones_own_is_a_domain(tmp_path):
  path = _own(tmp_path, question='Is it urgent?', thresholds={'min_auc': 0.9, 'min_slice_accuracy': None}, templates={
      'good_words': ['urgent', 'burning'], 'bad_words': ['whenever', 'later'], 'short': ['This is {0}.']})
  loaded = domain.load(path)
  assert (loaded.name, loaded.question) == ('tickets', 'Is it urgent?')
  assert {case.capability for case in cases.make_cases(loaded.templates)} == {'minimum_functionality'}
  properties = component.BehaviourValidator(
      model=component.tfx.dsl.Channel(type=component.tfx.types.standard_artifacts.Model), code='', domain=loaded
  ).exec_properties
  assert domain.Domain.parse_raw(properties['domain']) == loaded
  arguments = command_line.build_parser().parse_args(['--domain', path, '--set', 'min_auc=0.8'])
  config = flags.create_config(arguments, 'cnn', ['cnn'], data='', output_dir='')
  # The flag goes before the domain, which goes before the defaults.
  assert (config.min_auc, config.min_slice_accuracy, config.min_accuracy) == (0.8, None, 0.8)


@pytest.mark.parametrize('changes, message', [
    ({'qestion': 'x'}, "tickets.yaml: unknown key 'qestion'; did you mean 'question'"),
    ({'templates': {'good_word': ['x']}}, "unknown key 'templates.good_word'; did you mean 'good_words'"),
    ({'question': 3}, 'tickets.yaml: question: str type expected'),
    ({'templates': {'positive': ['The {thing} works.']}}, "cannot be filled in .KeyError: 'thing'"),
    ({'templates': {'positive': ['It works well.'], 'praise': ['Good.']}}, 'cannot be filled in'),
    ({'templates': {'negated_praise': [['film']]}}, 'templates.negated_praise.0'),
])
def test_a_malformed_domain_names_the_key(tmp_path, changes, message):
  with pytest.raises(ValueError, match=message):
    domain.load(_own(tmp_path, **changes))


@pytest.mark.parametrize('name, content, message', [
    ('books', None, "--domain books: choose from films, none, products, or name a .yaml file"),
    ('nowhere.yaml', None, 'nowhere.yaml cannot be read as YAML: .*No such file'),
    ('a.yaml', '{', 'a.yaml cannot be read as YAML'), ('a.yaml', '[1]', 'a.yaml: expected keys and values'),
    ('a.yaml', 'texts: x', 'a.yaml: description: field required')])
def test_an_unusable_domain_is_named(tmp_path, monkeypatch, name, content, message):
  monkeypatch.chdir(tmp_path)
  if content:
    (tmp_path / name).write_text(content)
  with pytest.raises(ValueError, match=message):
    domain.load(name)
