"""Sample data: made-up reviews that stand in for real ones in tests, at scale, and on machines without a network.

Each review has opinions on several aspects. Most of them agree with its label; some are negated, some are contrasted
with the opposite opinion, and a few labels are wrong, as in real data. A model that reads well gets most of them right.
"""

import gzip
import itertools
import json
import os
import random
from typing import Iterator

from components.common import files
from components.imdb_example_gen import review as review_lib
from models import features

_ASPECTS = ('acting', 'plot', 'script', 'dialogue', 'photography', 'music', 'ending', 'lead actress', 'villain', 'pace',
            'editing', 'humour', 'cast', 'direction', 'first half', 'costume design', 'story', 'character of the son')
_GOOD = ('great', 'wonderful', 'superb', 'touching', 'funny', 'brilliant', 'gripping', 'charming', 'clever', 'lovely',
         'moving', 'delightful', 'believable', 'stunning', 'excellent', 'fresh', 'well made', 'perfect')
_BAD = ('awful', 'boring', 'terrible', 'dull', 'stupid', 'predictable', 'wooden', 'lame', 'poor', 'horrible', 'clumsy',
        'annoying', 'pointless', 'laughable', 'tedious', 'weak', 'badly lit', 'a mess')
_VERDICTS = {
    1: ('I really liked it.', 'Go and see it!', 'Highly recommended.', 'I loved every minute.', 'A treasure; 9/10.'),
    0: ('What a waste of time.', 'Avoid it!', 'I want my money back.', 'I hated every second.', 'A failure; 2/10.'),
}
_FILLERS = (
    'I saw this with {name} at the weekend.', 'The film is set in {name}, some years after the war.',
    'It runs for {number} minutes.', '{name} wrote it, and {name} plays the father.', 'My copy came on an old tape.',
    'There is a scene with a {name} and two dogs in it.', 'They shot it in {number} days near {name}.',
    'The {aspect} comes from the same people as in "{name}" ({number}).', "I don't know the book it's based on.",
)
_NEGATIONS = ('is not', 'was never', 'is hardly', "isn't")
_SYLLABLES = ('ba', 'ce', 'dor', 'el', 'fin', 'gu', 'hal', 'is', 'jo', 'ka', 'lun', 'mi', 'nor', 'os', 'pet', 'ra',
              'sil', 'tam', 'ul', 'ver', 'wen', 'yor', 'za')
_MAX_TOKENS, _MIN_TOKENS = 1_500, 5
_AGREEMENT = 0.82  # share of a review's opinions that agree with its label
_WRONG_LABELS = 0.03  # share of the reviews


def generate_reviews(count: int, seed: int = 0) -> Iterator[tuple[str, int]]:
  """Generate reviews, about half of them positive.

  Args:
    count: number of reviews.
    seed: the same seed gives the same reviews.

  Yields:
    (text, label), where the label is 1 for positive and 0 for negative.
  """
  for index in range(count):
    source = random.Random(f'{seed}/{index}')
    label = index % 2
    text = _review(source, label)
    yield text, 1 - label if source.random() < _WRONG_LABELS else label


def write_sample(path: str, count: int, seed: int = 0) -> None:
  """Write sample data as gzipped JSONL, the same bytes for the same seed; an existing file is kept.

  Args:
    path: of the file, which appears complete or not at all; its directory is created.
    count: number of reviews.
    seed: see `generate_reviews`.

  Raises:
    OSError: the file cannot be written.
  """
  if os.path.exists(path):
    return
  os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
  with files.write_atomically(path, 'wb') as raw, gzip.GzipFile(filename='', fileobj=raw, mode='wb', mtime=0) as file:
    for index, (text, label) in enumerate(generate_reviews(count, seed)):
      # The ids tell a run that this is sample data, whatever the file is called later.
      row = {features.TEXT: text, features.LABEL: label, features.REVIEW_ID: f'{review_lib.SAMPLE_ID}{seed}/{index}'}
      file.write(json.dumps(row).encode() + b'\n')


def _review(source: random.Random, label: int) -> str:
  """Return a review of 5 to 1,500 words; most have about 100."""
  wanted = min(_MAX_TOKENS, max(_MIN_TOKENS, int(source.lognormvariate(4.4, 0.9))))
  words: list[str] = []
  for opinions in itertools.count():
    if len(words) >= wanted:
      break
    if opinions and source.random() < 0.5:
      sentence = _fill(source, source.choice(_FILLERS))
    else:
      sentence = _opinion(source, label if source.random() < _AGREEMENT else 1 - label)
    words += sentence.split()
    if source.random() < 0.1:
      words.append('<br /><br />')
  if wanted > 30 and source.random() < 0.3:
    words += source.choice(_VERDICTS[label]).split()
  return ' '.join(words[:_MAX_TOKENS])


def _opinion(source: random.Random, label: int) -> str:
  """Return a sentence for (1) or against (0) an aspect: plain, negated, or contrasted with the opposite opinion."""
  own, contrary = (_GOOD, _BAD) if label else (_BAD, _GOOD)
  first, second = source.sample(_ASPECTS, 2)
  kind = source.random()
  if kind < 0.15:
    return f'The {first} {source.choice(_NEGATIONS)} {source.choice(contrary)}.'
  if kind < 0.3:
    return f'The {second} may be {source.choice(contrary)}, but the {first} is {source.choice(own)}.'
  intensity = source.choice(('', '', 'very ', 'so ', 'really ', 'quite '))
  return f'The {first} {source.choice(("is", "was", "seemed"))} {intensity}{source.choice(own)}.'


def _fill(source: random.Random, template: str) -> str:
  while '{name}' in template:
    name = ''.join(source.choices(_SYLLABLES, k=source.randint(2, 4))).capitalize()
    template = template.replace('{name}', name, 1)
  return template.replace('{number}', str(source.randint(20, 1999))).replace('{aspect}', source.choice(_ASPECTS))
