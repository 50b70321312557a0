"""Reviews for the benchmarks: both sides get the same file."""

import csv
import itertools
import pathlib
from typing import Optional

from benchmarks import report
from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from pipeline.sources import sample_data


def read_reviews(settings: report.Settings) -> list[tuple[str, int, str]]:
  """Return the text, label and split of as many reviews as the settings ask for; a smaller set is repeated."""
  if settings.data is None:
    return [(text, label, 'test' if index % 5 == 0 else 'train')
            for index, (text, label) in enumerate(sample_data.generate_reviews(settings.reviews))]
  reviews = [(review_lib.clean_text(review.text).decode(), review.label, review.split or 'train')
             for review in _read(settings.data)]
  by_class = [[review for review in reviews if review[1] == label] for label in (0, 1)]
  alternating = itertools.chain.from_iterable(zip(*map(itertools.cycle, by_class)))
  return list(itertools.islice(alternating, settings.reviews))


def read_texts(path: Optional[str], count: int) -> list[str]:
  """Return the texts of the first reviews of a source for local_runner.py, or of sample data without one."""
  if path is None:
    return [text for text, _ in sample_data.generate_reviews(count)]
  return [review_lib.clean_text(review.text).decode() for review in itertools.islice(_read(path), count)]


def read_labelled(path: str) -> list[tuple[str, int]]:
  """Return the text and label of all labelled reviews of a source for local_runner.py."""
  return [(review_lib.clean_text(review.text).decode(), review.label) for review in _read(path)
          if review.label in (0, 1)]


def _read(path):
  return itertools.chain.from_iterable(readers.read(part) for part in readers.parts(path))


def write_csv(settings: report.Settings, with_split: bool) -> pathlib.Path:
  """Return the path of the reviews as CSV, alone in its directory as TFX's CsvExampleGen needs it; writes it once."""
  path = settings.directory / ('split' if with_split else 'plain') / 'reviews.csv'
  if not path.exists():
    columns = 3 if with_split else 2
    path.parent.mkdir()
    with open(path, 'w', encoding='utf-8', newline='') as file:
      writer = csv.writer(file)
      writer.writerow(['text', 'label', 'split'][:columns])
      # CsvExampleGen reads line by line, so a text must be one line.
      writer.writerows([' '.join(text.splitlines()), label, split][:columns]
                       for text, label, split in read_reviews(settings))
  return path
