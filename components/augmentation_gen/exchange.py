"""Changes real reviews: opinion words become opposites, and the label flips; or names change, and the label stays.

After D. Kaushik et al., "Learning the Difference that Makes a Difference with Counterfactually-Augmented Data", ICLR
2020, where people rewrote the reviews; Z. Wang and A. Culotta, "Robustness to Spurious Correlations in Text
Classification via Automatically Generated Counterfactuals", AAAI 2021, where words were exchanged; and S. Garg et al.,
"Counterfactual Fairness in Text Classification through Robustness", AIES 2019.
"""

import random
import re
from typing import Callable, Iterator

from components.augmentation_gen import lexicon as lexicon_lib
from components.augmentation_gen import words

LabelledText = tuple[str, int]

_SENTENCE_END = re.compile(r'(?<=[.!?])\s+|\n+')
_NEGATION = re.compile(
    r"\b(?:not?|never|nor|neither|nothing|nobody|none|without|hardly|lacks?|lacking|\w+n't|cannot)\b", re.IGNORECASE)
_MIN_WORDS, _MAX_WORDS = 4, 60  # of a snippet
_TWO = 1 / 3  # share of the snippets of two sentences
_MIN_OPINIONS, _MIN_AGREEING = 4, 0.75  # opinion words of a review that agree with its label: number and share
# A URL, a handle, a number, or a word. Numbers with a slash, such as 8/10, stay whole, and so does what they say.
_MENTION = re.compile(r"(?P<url>https?://\S+|www\.\S+)|(?P<handle>(?<!\w)@\w+)|(?P<number>(?<!\w)\d+(?:[/.,:]\d+)*)|"
                      + lexicon_lib.WORD.pattern)
_DIGITS_OR_SIGN = re.compile(r'\d\d|@|://|www\.')
_YEARS = 1930, 2024
_ADDED = 0.2  # share of the copies that get a handle or a URL, which reviews of films hardly have
_GROUP_OF_WORD = {
    **{word: group for group in (words.NAMES, words.SURNAMES, words.PLACES) for word in group},
    **{word: group for group in words.IDENTITY_GROUPS for term in group for word in (term, term.capitalize())}}


def make(kind: str, text: str, label: int, lexicon: lexicon_lib.Lexicon, rng: random.Random) -> list[LabelledText]:
  """Make examples of a kind from a review.

  Args:
    kind: one of KINDS. `snippets`: one or two sentences whose opinion words all agree with the label, and these with
      the words exchanged. `reviews`: a whole review with its opinion words exchanged. `mentions`: a snippet that
      mentions who or what the label must not depend on, and a copy with others in their place. `facts`: a sentence none
      of whose words tells the label, with both labels.
    text: the review.
    label: its label.
    lexicon: the opinion words.
    rng: the source of chance.

  Returns:
    (text, label) of each example; none if the review does not lend itself to it.
  """
  return _MAKERS[kind](text, label, lexicon, rng)


def exchange_mentions(text: str, rng: random.Random) -> str:
  """Replace identity terms, names, places, numbers, handles and URLs, each by another of its group.

  Args:
    text: the text.
    rng: the source of chance.

  Returns:
    The changed text; the same text if it mentions none of them. Numbers below 11 may be ratings, so they stay.
  """
  if not _DIGITS_OR_SIGN.search(text) and _GROUP_OF_WORD.keys().isdisjoint(lexicon_lib.WORD.findall(text)):
    return text  # most texts, in a tenth of the time
  return _MENTION.sub(lambda match: _replace_mention(match, rng), text)


def _replace_mention(match: re.Match, rng: random.Random) -> str:
  found = match.group()
  if match['url'] or match['handle']:
    return rng.choice(words.URLS if match['url'] else words.HANDLES)
  if match['number']:
    if not found.isdecimal() or int(found) < 11:
      return found
    lowest, highest = _YEARS if len(found) == 4 else (max(11, 10 ** (len(found) - 1)), 10 ** len(found) - 1)
    return str(rng.randint(lowest, highest))
  group = _GROUP_OF_WORD.get(found, ())
  return lexicon_lib.match_case(rng.choice(group), found) if group else found


def split_sentences(text: str) -> list[str]:
  """Split a review at the ends of sentences, of lines and of paragraphs."""
  return [sentence for sentence in _SENTENCE_END.split(text.replace('<br />', '\n')) if sentence]


def _snippets(text: str, label: int, lexicon: lexicon_lib.Lexicon, rng: random.Random) -> Iterator[str]:
  """Yield one or two sentences at a time, from a random one on, whose opinion words all agree with the label."""
  sentences = split_sentences(text)
  first = rng.randrange(len(sentences) or 1)
  for start in (*range(first, len(sentences)), *range(first)):
    snippet = ' '.join(sentences[start:start + 1 + (rng.random() < _TWO)])
    if (_MIN_WORDS <= snippet.count(' ') + 1 <= _MAX_WORDS and set(lexicon.find_polarities(snippet)) == {label}
        and not _NEGATION.search(snippet)):
      yield snippet


def _flip_snippet(text, label, lexicon, rng):
  for snippet in _snippets(text, label, lexicon, rng):
    changed = lexicon.exchange(snippet, rng.choice)
    if changed != snippet:
      return [(snippet, label), (changed, 1 - label)]
  return []


def _find_fact(text, label, lexicon, rng):
  del label
  sentences = [sentence for sentence in _SENTENCE_END.split(text)
               if _MIN_WORDS <= sentence.count(' ') + 1 <= _MAX_WORDS and lexicon.says_nothing(sentence)]
  return [(fact, each) for fact in rng.sample(sentences, min(1, len(sentences))) for each in (0, 1)]


def _flip_review(text, label, lexicon, rng):
  polarities = lexicon.find_polarities(text)
  agreeing = polarities.count(label)
  if agreeing < max(_MIN_OPINIONS, _MIN_AGREEING * len(polarities)):
    return []
  return [(lexicon.exchange(text, rng.choice), 1 - label)]


def _change_mentions(text, label, lexicon, rng):
  for snippet in _snippets(text, label, lexicon, rng):
    changed = exchange_mentions(snippet, rng)
    if changed != snippet:
      if rng.random() < _ADDED:
        changed = f'{changed} {rng.choice(words.HANDLES + words.URLS)}'
      return [(snippet, label), (changed, label)]
  return []


_MAKERS: dict[str, Callable[..., list[LabelledText]]] = {
    'snippets': _flip_snippet, 'reviews': _flip_review, 'mentions': _change_mentions, 'facts': _find_fact}
KINDS = tuple(_MAKERS)
# Reviews tried for each that is wanted, by their label. Of IMDB's negative and positive ones, 63 and 92 % give a
# snippet, 7 and 73 % can be exchanged as a whole, and 12 and 44 % mention something in a snippet;
# 29 % of both have a fact.
TRIED = {'snippets': (1.7, 1.2), 'reviews': (16, 1.6), 'mentions': (9, 2.5), 'facts': (4.5, 4.5)}
