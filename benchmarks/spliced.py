"""More reviews than there are: sentences of real ones, put together anew, and words that nobody has used before.

A share of the words is replaced by made-up ones, whose ranks follow Zipf's law with an exponent of 2. So the number of
distinct words goes on to grow with about the square root of the number of words, as it does in the reviews of IMDB
(17,194 distinct ones in 1,000 reviews, 79,101 in 20,000), when the real ones are used up (H. S. Heaps, 1978).
"""

import gzip
import json
import pathlib
import random
import re
import string
from typing import Sequence

_NEW_SHARE, _FIRST_RANKS = 0.01, 8_000  # with these, 4 times the reviews have nearly twice the distinct words
_SENTENCE_END = re.compile(r'(?<=[.!?])\s+')


def write(path: pathlib.Path, reviews: Sequence[tuple[str, int]], count: int, seed: int = 0) -> None:
  """Write reviews as gzipped JSONL, each of about the length of a real one and with sentences of its label.

  Args:
    path: of the file.
    reviews: text and label of real reviews.
    count: number of reviews to write.
    seed: the same seed gives the same reviews.
  """
  source = random.Random(seed)
  sentences: dict[int, list[list[str]]] = {0: [], 1: []}
  for text, label in reviews:
    sentences[label] += [sentence.split() for sentence in _SENTENCE_END.split(text)]
  lengths = [len(text.split()) for text, _ in reviews]
  with gzip.open(path, 'wt', compresslevel=1, encoding='utf-8') as file:
    for index in range(count):
      label, words = index % 2, []
      length = source.choice(lengths)
      while len(words) < length:
        words += source.choice(sentences[label])
      for _ in range(round(_NEW_SHARE * len(words))):
        words[source.randrange(len(words))] = _new_word(source)
      file.write(json.dumps({'text': ' '.join(words), 'label': label}) + '\n')


def _new_word(source):
  rank = int(_FIRST_RANKS / (1 - source.random())) - _FIRST_RANKS
  letters = 'zq'  # no word begins so
  while rank:
    rank, letter = divmod(rank, len(string.ascii_lowercase))
    letters += string.ascii_lowercase[letter]
  return letters
