"""The cases of the behaviour tests: texts made for the purpose, and what a model of their domain should do with them.

The kinds of tests are those of M. T. Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", ACL 2020. No case was chosen or changed to suit a model.
"""

import re
from typing import Callable, Mapping, NamedTuple, Sequence

from components.behaviour_validator import templates as templates_lib

MAX_CHANGE = 0.2  # of the probability, by a change of the text that should not matter
# Of the probability as well: in log-odds, a score that is near 0 or 1 already would have to stay in a range that makes
# no difference.
TOLERANCE = 0.05

# Below what the weakest of our models reaches on real reviews, the tutorial's settings included (0.92, 0.99, 0.17,
# 0.76), but so that broken models are refused: random scores are below three of these, and one score for everything, or
# the opposite of every score, is below the last. A coin gets half of negation right, more than a bag of words does:
# that threshold refuses only a model to which "not" means nothing. The text graph makes one word of all ways to write
# it, so that our models pass all tests of writing, whatever they have learned; one without it passes hardly half.
DEFAULT_THRESHOLDS = {
    'invariance': 0.8, 'direction': 0.9, 'negation': 0.1, 'minimum_functionality': 0.7, 'writing': 0.95}
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
    texts: the text; or the text before and after a change.
    expected: positive or negative, for a text; unchanged (the same predicted label, and a probability within
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


def make_cases(templates: templates_lib.Templates) -> tuple[Case, ...]:
  """Return the cases of a domain, always the same ones in the same order.

  Args:
    templates: of the domain.

  Raises:
    ValueError or LookupError: the templates cannot be filled in.
  """
  return (*_invariance_cases(templates), *_direction_cases(templates), *_negation_cases(templates),
          *_minimum_functionality_cases(templates), *_writing_cases(templates))


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
}


def _invariance_cases(templates):
  for template in templates.positive + templates.negative:
    text, *renamed = (template.format(**names) for names in templates.names)
    for other in renamed:
      yield Case('invariance', 'names', (text, other), 'unchanged')
    for test, changes in _CHANGES.items():
      for change in changes:
        yield Case('invariance', test, (text, change(text)), 'unchanged')
    for sentence in templates.neutral:
      yield Case('invariance', 'neutral sentence', (text, sentence.format(text=text)), 'unchanged')


# What phones, word processors, web pages and exports make of a text: a reader sees the same one.
_WRITINGS: dict[str, Callable[[str], str]] = {
    'apostrophes': lambda text: text.replace("'", '\u2019'),
    'entities': lambda text: re.sub("[aeiou']", lambda match: f'&#{ord(match[0])};', text),
    'full-width letters': lambda text: re.sub('[!-~]', lambda match: chr(ord(match[0]) + 0xFEE0), text),
    'invisible characters': lambda text: re.sub(r'\b(\w\w)(?=\w)', '\\1\u00ad', '\ufeff' + text),
    'ligatures': lambda text: text.replace('fi', '\ufb01').replace('fl', '\ufb02'),
    'no-break spaces': lambda text: text.replace(' ', '\u00a0'),
}


def _writing_cases(templates):
  texts = [template.format(**templates.names[0]) for template in templates.positive + templates.negative]
  for text in (*texts, *templates.not_liked, *templates.not_disliked):
    for test, write in _WRITINGS.items():
      if (written := write(text)) != text:
        yield Case('writing', test, (text, written), 'unchanged')


def _direction_cases(templates):
  for template in templates.positive + templates.negative:
    text = template.format(**templates.names[0])
    for praise, blame in zip(templates.praise, templates.blame, strict=True):
      yield Case('direction', 'praise added', (text, f'{text} {praise}'), 'not lower')
      yield Case('direction', 'blame added', (text, f'{text} {blame}'), 'not higher')


def _labeled_cases(capability, test, negative, positive):
  for text in negative:
    yield Case(capability, test, (text,), 'negative')
  for text in positive:
    yield Case(capability, test, (text,), 'positive')


def _fill(sentences, fillings):
  return [sentence.format(*filling) for sentence in sentences for filling in fillings]


def _negation_cases(templates):
  yield from _labeled_cases(
      'negation', 'of a word',
      _fill(templates.negations, templates.negated_praise), _fill(templates.negations, templates.negated_blame))
  yield from _labeled_cases('negation', 'of a sentence', templates.not_liked, templates.not_disliked)


def _minimum_functionality_cases(templates):
  bad, good = ([(word,) for word in words] for words in (templates.bad_words, templates.good_words))
  for test, sentences in (('short', templates.short), ('longer', templates.longer)):
    yield from _labeled_cases('minimum_functionality', test, _fill(sentences, bad), _fill(sentences, good))
  yield from _labeled_cases('minimum_functionality', 'plain words', templates.disliked, templates.liked)
