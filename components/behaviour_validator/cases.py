"""The cases of the behaviour tests: texts made for the purpose, and what a model of film reviews should do with them.

The kinds of tests are those of M. T. Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", ACL 2020. No case was chosen or changed to suit a model.
"""

import functools
import re
from typing import Callable, Mapping, NamedTuple, Sequence

from components.behaviour_validator import templates

MAX_CHANGE = 0.2  # of the probability, by a change of the text that should not matter
# Of the probability as well: in log-odds, a score that is near 0 or 1 already would have to stay in a range that makes
# no difference.
TOLERANCE = 0.05

# Below what the weakest of our models reaches on real reviews, the tutorial's settings included (0.92, 0.99, 0.17,
# 0.76), but so that broken models are refused: random scores are below three of these, and one score for everything, or
# the opposite of every score, is below the last. A coin gets half of negation right, more than a bag of words does:
# that threshold refuses only a model to which "not" means nothing.
DEFAULT_THRESHOLDS = {'invariance': 0.8, 'direction': 0.9, 'negation': 0.1, 'minimum_functionality': 0.7}
CAPABILITIES = tuple(DEFAULT_THRESHOLDS)

_EXPECTATIONS: dict[str, Callable[..., bool]] = {
    'positive': lambda score: score > 0.5,
    'negative': lambda score: score < 0.5,
    'unchanged': lambda before, after: (before > 0.5) == (after > 0.5) and abs(after - before) <= MAX_CHANGE,
    'not lower': lambda before, after: after >= before - TOLERANCE,
    'not higher': lambda before, after: after <= before + TOLERANCE,
}


class Case(NamedTuple):
  """One case.

  Attributes:
    capability: one of CAPABILITIES.
    test: the test of that capability that the case belongs to.
    texts: the review; or the review before and after a change.
    expected: positive or negative, for a review; unchanged (the same predicted label, and a probability within
      MAX_CHANGE), not lower or not higher (by more than TOLERANCE), for a change.
  """

  capability: str
  test: str
  texts: tuple[str, ...]
  expected: str

  def passes(self, scores: Sequence[float]) -> bool:
    """Return whether the texts' probabilities are as expected; one that is not a number never is."""
    return bool(_EXPECTATIONS[self.expected](*scores))


def check_thresholds(thresholds: Mapping[str, float]) -> None:
  """Check the lowest pass rates by capability.

  Args:
    thresholds: see `components.behaviour_validator.component`.

  Raises:
    ValueError: a capability is unknown, or a threshold is not from 0 to 1.
  """
  for name, threshold in thresholds.items():
    if name not in CAPABILITIES:
      raise ValueError(f'thresholds: unknown capability {name!r}; choose from: {", ".join(CAPABILITIES)}')
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
      raise ValueError(f'thresholds: {name} must be a pass rate from 0 to 1, not {threshold!r}')


@functools.cache
def all_cases() -> tuple[Case, ...]:
  """Return every case, always the same ones in the same order."""
  return (*_invariance_cases(), *_direction_cases(), *_negation_cases(), *_minimum_functionality_cases())


def _swap_letters(text: str, position: float) -> str:
  """Swap two letters inside of one of the longer words, the one at `position` (0 to 1) in their order."""
  words = list(re.finditer(r'\b[a-z]{4,}\b', text))
  start = words[int(position * len(words))].start() + 1
  while text[start] == text[start + 1]:
    start += 1
  return text[:start] + text[start + 1] + text[start] + text[start + 2:]


_CHANGES = {
    'typos': [lambda text: _swap_letters(text, 0), lambda text: _swap_letters(text, 0.5)],
    'punctuation': [lambda text: re.sub(r'[,:]', ' -', text).replace('!', '.').rstrip('.') + '...'],
    'case': [str.upper, str.lower],
    'line breaks': [lambda text: re.sub(r'([.!]) |$', r'\1<br /><br />', text)],
    'white space': [lambda text: '  ' + text.replace(' ', '  ') + '\t\n'],
    'neutral sentence': [
        lambda text: 'The film tells the story of two brothers who run a small hotel by the sea. ' + text,
        lambda text: text + ' It was shot in the summer of 1998 and runs for about two hours.',
        lambda text: text + ' The main character works as a postman and lives with his sister.'],
}


def _invariance_cases():
  for template in templates.POSITIVE + templates.NEGATIVE:
    text, *renamed = (template.format(**names) for names in templates.NAMES)
    for other in renamed:
      yield Case('invariance', 'names', (text, other), 'unchanged')
    for test, changes in _CHANGES.items():
      for change in changes:
        yield Case('invariance', test, (text, change(text)), 'unchanged')


def _direction_cases():
  for template in templates.POSITIVE + templates.NEGATIVE:
    text = template.format(**templates.NAMES[0])
    for praise, blame in zip(templates.PRAISE, templates.BLAME, strict=True):
      yield Case('direction', 'praise added', (text, f'{text} {praise}'), 'not lower')
      yield Case('direction', 'blame added', (text, f'{text} {blame}'), 'not higher')


def _labeled_cases(capability, test, negative, positive):
  for text in negative:
    yield Case(capability, test, (text,), 'negative')
  for text in positive:
    yield Case(capability, test, (text,), 'positive')


def _fill(sentences, fillings):
  return [sentence.format(*filling) for sentence in sentences for filling in fillings]


def _negation_cases():
  yield from _labeled_cases(
      'negation', 'of a word',
      _fill(templates.NEGATIONS, templates.NEGATED_PRAISE), _fill(templates.NEGATIONS, templates.NEGATED_BLAME))
  yield from _labeled_cases('negation', 'of a sentence', templates.NOT_LIKED, templates.NOT_DISLIKED)


def _minimum_functionality_cases():
  for test, sentences in (('short', templates.SHORT), ('longer', templates.LONGER)):
    yield from _labeled_cases(
        'minimum_functionality', test,
        _fill(sentences, templates.BAD_WORDS), _fill(sentences, templates.GOOD_WORDS))
  yield from _labeled_cases('minimum_functionality', 'plain words', templates.DISLIKED, templates.LIKED)
