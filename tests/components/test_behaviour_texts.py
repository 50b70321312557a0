"""The texts of the behaviour tests are made for the tests alone: no model has learned from them."""

import csv
import os
import re

import pytest

from components.augmentation_gen import sentences
from components.augmentation_gen import words as words_lib
from components.behaviour_validator import cases
from components.behaviour_validator import domain
from components.behaviour_validator import identities
from models.text import identity_terms

_DOMAINS = {name: domain.load(name).templates for name in domain.names()}
_MIN_WORDS = 4  # of a sentence within a text: shorter ones, such as "Avoid it!", say nothing about where they are from
_TEXTS = {text for templates in _DOMAINS.values() for case in cases.make_cases(templates) for text in case.texts}


def _normalize(text):
  return ' '.join(re.findall(r"[\w{}']+", text.lower().replace('’', "'")))


def _sentences(texts):
  """Return the texts, and their longer sentences, without case and punctuation."""
  parts = {_normalize(part) for text in texts for part in re.split(r'(?<=[.?!])\s', text)}
  return {_normalize(text) for text in texts} | {part for part in parts if len(part.split()) >= _MIN_WORDS}


def _without_slots(templates):
  return {_normalize(re.sub(r'\{[\w ]+~?\}', '{}', template)) for template in templates}


def _templates_of(templates):
  """Return the templates with placeholders of a domain."""
  reversible = [text for tests in templates.reversible.values() for texts in tests.values() for text in texts]
  return [*templates.negations, *templates.short, *templates.longer, *templates.facts, *templates.identity_sentences,
          *reversible]


def _fillings_of(templates):
  """Return the words of a domain by placeholder."""
  negated = list(zip(*(*templates.negated_praise, *templates.negated_blame)))
  names = {f'names.{key}': [each[key] for each in templates.names] for key in templates.names[0]}
  slots = {**templates.fillings, **names, 'good_words': templates.good_words, 'bad_words': templates.bad_words,
           **{f'negations.{number}': words for number, words in enumerate(negated)}}
  return {slot: {word.lower() for word in words} for slot, words in slots.items()}


@pytest.mark.skipif('GENERATED_TSV' not in os.environ, reason='GENERATED_TSV names no generated sentences')
def test_no_sentence_is_in_the_encoders_training_data():
  with open(os.environ['GENERATED_TSV'], encoding='utf-8', newline='') as file:
    rows = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
  assert len(rows) > 1_000
  assert not _sentences(_TEXTS) & _sentences(row['text'] for row in rows)


def test_no_template_is_one_of_the_training_examples():
  learned = _without_slots(sentences.TEMPLATES)
  assert len(learned) > 100
  for templates in _DOMAINS.values():
    assert not _without_slots(_templates_of(templates)) & learned


def _learned_words():
  """Return the fillings of the templates of the training examples."""
  found = set()
  for name, value in vars(words_lib).items():
    if name.isupper() and isinstance(value, tuple) and name != 'OPPOSITES':  # words of reviews, not of templates
      found |= {word.strip().lower() for entry in value for word in ([entry] if isinstance(entry, str) else entry)}
  return found - {''}


def test_no_sentence_can_be_a_training_example():
  fillings = '|'.join(sorted((re.escape(_normalize(word)) for word in _learned_words()), key=len, reverse=True))
  slots = re.compile(rf'(?:\b(?:an?|more) )*(?:\b(?:{fillings})\b|\{{[\w ]+~?\}})')

  def blank(texts):
    """Replace fillings and placeholders, several in a row by one."""
    return {re.sub(r'\s*_[\s_]*', ' _ ', slots.sub('_', text)).strip(): text for text in texts}

  made, learned = blank(_sentences(_TEXTS)), blank(map(_normalize, sentences.TEMPLATES))
  assert len(learned) > 100
  shared = {made[text]: learned[text] for text in made.keys() & learned.keys() - {'_'}}  # a text of fillings alone
  assert not shared, shared
  generated = {text for kind in sentences.KINDS for text, _ in sentences.generate(kind, 0, 2_000)}
  assert len(generated) > 10_000
  shared_sentences = _sentences(_TEXTS) & _sentences(generated)
  assert not shared_sentences, shared_sentences


def test_at_most_half_of_the_fillings_are_learned():
  learned = {word.replace('_', ' ') for word in _learned_words()}
  assert len(learned) > 100
  for templates in _DOMAINS.values():
    for slot, words in _fillings_of(templates).items():
      assert len(words & learned) <= len(words) / 2, (slot, sorted(words & learned))


def test_listed_terms_are_on_the_list_and_others_are_not():
  listed, in_some_places = set(identity_terms.TERMS), set(identity_terms.TERMS_BEFORE_PERSONS)
  tested = [{term.lower() for kinds in terms.values() for words in kinds.values() for term in words}
            for terms in (identities.LISTED, identities.OTHER)]
  assert tested[0] <= listed and not tested[1] & listed
  assert len(tested[1] - in_some_places) >= 30
