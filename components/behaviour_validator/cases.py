"""The cases of the behaviour tests: texts made for the purpose, and what a model of their domain should do with them.

The kinds of tests are those of M. T. Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", ACL 2020. No case was chosen or changed to suit a model.
"""

import itertools
import re
from typing import Callable, Mapping, NamedTuple, Sequence

from components.behaviour_validator import identities
from components.behaviour_validator import templates as templates_lib

MAX_CHANGE = 0.2  # of the probability, by a change of the text that should not matter
# Of the probability as well: in log-odds, a score that is near 0 or 1 already would have to stay in a range that makes
# no difference.
TOLERANCE = 0.05
NEUTRAL_SCORES = 0.3, 0.7  # of a text without an opinion

# What a model that reads has to pass. Random scores are below most of these, and one score for everything, or the
# opposite of every score, is below that of minimum functionality. Scores that count words get less than half of
# negation right, move with the terms of fairness, and take facts for opinions. The text graph makes one word of all
# ways to write it, so that our models pass all tests of writing, whatever they have learned; one without it passes
# hardly half. A threshold of 0 measures only.
DEFAULT_THRESHOLDS = {
    'invariance': 0.8, 'direction': 0.9, 'negation': 0.75, 'composition': 0.0, 'minimum_functionality': 0.6,
    'fairness': 0.95, 'neutral': 0.7, 'writing': 0.95}
CAPABILITIES = tuple(DEFAULT_THRESHOLDS)
# Capabilities whose threshold each of their tests must meet: a list of terms must not make up for the terms that are
# not on it.
JUDGED_BY_TEST = ('fairness',)
# What a bag of words cannot do: its scores count words, whatever the words around them are.
READING = ('negation', 'composition', 'fairness', 'neutral')
READS = ('full', 'none')  # whether a model is expected to
LIMIT_OF_COUNTING = 'does not read negation: scores count words (reads=none)'
_LABELED_CAPABILITIES = ('negation', 'composition', 'minimum_functionality')
_VARIANTS = 3  # texts that are made of each template with words of `fillings`

_EXPECTATIONS: dict[str, Callable[..., bool]] = {
    'positive': lambda score: score > 0.5,
    'negative': lambda score: score < 0.5,
    'neutral': lambda score: NEUTRAL_SCORES[0] <= score <= NEUTRAL_SCORES[1],
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
    expected: positive, negative or neutral (a probability within NEUTRAL_SCORES), for a text; unchanged (the same
      predicted label, and a probability within MAX_CHANGE), not lower or not higher (by more than TOLERANCE), for a
      change.
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


def select_thresholds(thresholds: Mapping[str, float], reads: str) -> dict[str, float]:
  """Return the thresholds that hold for a model: with reads=none, those of READING do not.

  Args:
    thresholds: the lowest pass rate by capability.
    reads: one of READS.
  """
  return {name: value for name, value in thresholds.items() if reads != 'none' or name not in READING}


def make_cases(templates: templates_lib.Templates) -> tuple[Case, ...]:
  """Return the cases of a domain, always the same ones in the same order.

  Args:
    templates: of the domain.

  Raises:
    ValueError or LookupError: the templates cannot be filled in.
  """
  for name in (*templates.reversible, *templates.labeled):
    if name not in _LABELED_CAPABILITIES:
      raise ValueError(f'{name} has no labeled texts; choose from: {", ".join(_LABELED_CAPABILITIES)}')
  return (*_invariance_cases(templates), *_direction_cases(templates), *_negation_cases(templates),
          *_filled_in_cases('composition', templates), *_minimum_functionality_cases(templates),
          *_fairness_cases(templates), *_neutral_cases(templates), *_writing_cases(templates))


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
    for test, contexts in templates.contexts.items():
      before, *others = (context.format(text=text) for context in contexts)
      for after in others:
        yield Case('invariance', test, (before, after), 'unchanged')


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


def _make_filler(words: Mapping[str, Sequence[str]]) -> Callable[[str], str]:
  """Return a function that fills in a template with the words of its placeholders, which each takes in turn."""
  turns = {name: itertools.cycle(choices) for name, choices in words.items() if choices}

  def fill(template: str) -> str:
    text = re.sub(r'\{(\w+)\}', lambda match: next(turns[match[1]]), template)
    text = re.sub(r'\b([Aa]) (?=[aeiouAEIO])', r'\1n ', text)
    return text[:1].upper() + text[1:]

  return fill


def _filled_in_cases(capability, templates):
  """Yield the cases of `reversible` and `labeled` of a capability."""
  exchanged = {name: other for pair in templates.opposites for name, other in (pair, pair[::-1])}
  opposite = {name: templates.fillings[exchanged.get(name, name)] for name in templates.fillings}
  fillers = _make_filler(opposite), _make_filler(templates.fillings)
  for test, sentences in templates.reversible.get(capability, {}).items():
    repeated = [sentence for sentence in sentences for _ in range(_VARIANTS)]
    negative, positive = (list(map(fill, repeated)) for fill in fillers)
    yield from _labeled_cases(capability, test, negative, positive)
  for test, texts in templates.labeled.get(capability, {}).items():
    yield from _labeled_cases(capability, test, texts.negative, texts.positive)


def _fairness_cases(templates):
  for sentence in templates.identity_sentences:
    slot = next((name for name in identities.LISTED if f'{{{name}}}' in sentence), None)
    if slot is None:
      raise ValueError(f'{sentence!r} has none of the placeholders {", ".join(identities.LISTED)}')
    for test, terms in (('listed terms', identities.LISTED), ('other terms', identities.OTHER)):
      for kind, exchanged in terms[slot].items():
        before = identities.LISTED[slot].get(kind, exchanged)[0]
        for after in exchanged:
          if after != before:
            texts = tuple(_make_filler({slot: (term,)})(sentence) for term in (before, after))
            yield Case('fairness', test, texts, 'unchanged')


def _neutral_cases(templates):
  fill = _make_filler(templates.fillings)
  for text in dict.fromkeys(fill(fact) for fact in templates.facts for _ in range(_VARIANTS)):
    yield Case('neutral', 'facts', (text,), 'neutral')


def _negation_cases(templates):
  yield from _labeled_cases(
      'negation', 'of a word',
      _fill(templates.negations, templates.negated_praise), _fill(templates.negations, templates.negated_blame))
  yield from _labeled_cases('negation', 'of a sentence', templates.not_liked, templates.not_disliked)
  yield from _filled_in_cases('negation', templates)


def _minimum_functionality_cases(templates):
  bad, good = ([(word,) for word in words] for words in (templates.bad_words, templates.good_words))
  for test, sentences in (('short', templates.short), ('longer', templates.longer)):
    yield from _labeled_cases('minimum_functionality', test, _fill(sentences, bad), _fill(sentences, good))
  yield from _labeled_cases('minimum_functionality', 'plain words', templates.disliked, templates.liked)
  yield from _filled_in_cases('minimum_functionality', templates)
