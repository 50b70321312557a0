"""The cases of the behaviour tests: texts made for the purpose, and what a model of film reviews should do with them.

The kinds of test are those of M. T. Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList",
ACL 2020. No case was chosen or changed after a look at what a model does with it.
"""

import functools
import re
from typing import Mapping, NamedTuple

from components.behaviour_validator import reviews

MAX_MOVE = 0.2  # of the probability, where a change means nothing
# Of the probability too: in log-odds, a score that is at its end already would be held to moves of no consequence.
TOLERANCE = 0.05

# Below the worst of our families of models on real reviews, the tutorial's settings included (0.92, 0.99, 0.17, 0.76),
# and so that what is broken is stopped: random scores are below three of them; one score for everything, or the
# opposite of every score, is below the last. A coin gets half of negation right, which is more than a bag of words
# does: that floor stops only a model to which "not" says nothing.
DEFAULT_FLOORS = {'invariance': 0.8, 'direction': 0.9, 'negation': 0.1, 'minimum_functionality': 0.7}
CAPABILITIES = tuple(DEFAULT_FLOORS)

_EXPECTATIONS = {
    'positive': lambda score: score > 0.5,
    'negative': lambda score: score < 0.5,
    'unchanged': lambda before, after: (before > 0.5) == (after > 0.5) and abs(after - before) <= MAX_MOVE,
    'not lower': lambda before, after: after >= before - TOLERANCE,
    'not higher': lambda before, after: after <= before + TOLERANCE,
}


class Case(NamedTuple):
  """One case.

  Attributes:
    capability: one of CAPABILITIES.
    test: which of its tests the case belongs to.
    texts: the review; or the review before and after a change.
    expected: of the review, positive or negative; of the change, that the score is unchanged (the same label, and a
      probability within MAX_MOVE), not lower or not higher (by more than TOLERANCE).
  """

  capability: str
  test: str
  texts: tuple[str, ...]
  expected: str

  def passes(self, scores) -> bool:
    """Whether the texts' probabilities are as expected; one that is not a number never is."""
    return bool(_EXPECTATIONS[self.expected](*scores))


def check_floors(floors: Mapping[str, float]) -> None:
  """Raises ValueError for an unknown capability or a floor outside of 0 to 1."""
  for name, floor in floors.items():
    if name not in CAPABILITIES:
      raise ValueError(f'floors: unknown capability {name!r}; there are: {", ".join(CAPABILITIES)}')
    if isinstance(floor, bool) or not isinstance(floor, (int, float)) or not 0 <= floor <= 1:
      raise ValueError(f'floors: {name} must be a pass rate from 0 to 1, not {floor!r}')


@functools.cache
def all_cases() -> tuple[Case, ...]:
  """Every case, always the same ones in the same order."""
  return (*_invariance(), *_direction(), *_negation(), *_minimum_functionality())


def _typo(text: str, place: float) -> str:
  """Swaps two letters inside of one of the longer words: the one at the share `place` (0 to 1) of them."""
  words = list(re.finditer(r'\b[a-z]{4,}\b', text))
  start = words[int(place * len(words))].start() + 1
  while text[start] == text[start + 1]:
    start += 1
  return text[:start] + text[start + 1] + text[start] + text[start + 2:]


_CHANGES = {
    'typos': [lambda text: _typo(text, 0), lambda text: _typo(text, 0.5)],
    'punctuation': [lambda text: re.sub(r'[,:]', ' -', text).replace('!', '.').rstrip('.') + '...'],
    'case': [str.upper, str.lower],
    'line breaks': [lambda text: re.sub(r'([.!]) |$', r'\1<br /><br />', text)],
    'white space': [lambda text: '  ' + text.replace(' ', '  ') + '\t\n'],
    'neutral sentence': [
        lambda text: 'The film tells the story of two brothers who run a small hotel by the sea. ' + text,
        lambda text: text + ' It was shot in the summer of 1998 and runs for about two hours.',
        lambda text: text + ' The main character works as a postman and lives with his sister.'],
}


def _invariance():
  for template in reviews.POSITIVE + reviews.NEGATIVE:
    text, *renamed = (template.format(**names) for names in reviews.NAMES)
    for other in renamed:
      yield Case('invariance', 'names', (text, other), 'unchanged')
    for test, changes in _CHANGES.items():
      for change in changes:
        yield Case('invariance', test, (text, change(text)), 'unchanged')


def _direction():
  for template in reviews.POSITIVE + reviews.NEGATIVE:
    text = template.format(**reviews.NAMES[0])
    for praise, blame in zip(reviews.PRAISE, reviews.BLAME, strict=True):
      yield Case('direction', 'praise added', (text, f'{text} {praise}'), 'not lower')
      yield Case('direction', 'blame added', (text, f'{text} {blame}'), 'not higher')


def _labelled(capability, test, negative, positive):
  for text in negative:
    yield Case(capability, test, (text,), 'negative')
  for text in positive:
    yield Case(capability, test, (text,), 'positive')


def _filled(templates, fillings):
  return [template.format(*filling) for template in templates for filling in fillings]


def _negation():
  yield from _labelled(
      'negation', 'of a word',
      _filled(reviews.NEGATIONS, reviews.NEGATED_PRAISE), _filled(reviews.NEGATIONS, reviews.NEGATED_BLAME))
  yield from _labelled('negation', 'of a sentence', reviews.NOT_LIKED, reviews.NOT_DISLIKED)


def _minimum_functionality():
  for test, templates in (('short', reviews.SHORT), ('longer', reviews.LONGER)):
    yield from _labelled(
        'minimum_functionality', test,
        _filled(templates, reviews.BAD_WORDS), _filled(templates, reviews.GOOD_WORDS))
  yield from _labelled('minimum_functionality', 'plain words', reviews.DISLIKED, reviews.LIKED)
