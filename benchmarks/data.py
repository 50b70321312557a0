"""Reviews for the benchmarks: the same file for both sides."""

import csv
import itertools

from components.imdb_example_gen import readers
from components.imdb_example_gen import review as review_lib
from pipeline.sources import sample_data


def reviews(settings):
  """As many (text, label, split) as the settings say; real ones are gone through again where there are too few."""
  if settings.data is None:
    return [(text, label, 'test' if index % 5 == 0 else 'train')
            for index, (text, label) in enumerate(sample_data.generate_reviews(settings.reviews))]
  found = [(review_lib.clean_text(review.text).decode(), review.label, review.split or 'train')
           for part in readers.parts(settings.data) for review in readers.read(part)]
  by_class = [[review for review in found if review[1] == label] for label in (0, 1)]
  turns = itertools.chain.from_iterable(zip(*map(itertools.cycle, by_class)))
  return list(itertools.islice(turns, settings.reviews))


def csv_file(settings, with_split):
  """Path of the reviews as CSV, alone in its folder, as TFX's CsvExampleGen wants it."""
  path = settings.directory / ('split' if with_split else 'plain') / 'reviews.csv'
  if not path.exists():
    path.parent.mkdir()
    with open(path, 'w', encoding='utf-8', newline='') as file:
      writer = csv.writer(file)
      writer.writerow(['text', 'label', 'split'][:3 if with_split else 2])
      # CsvExampleGen reads line by line: a text must be one.
      writer.writerows([' '.join(text.splitlines()), label, split][:3 if with_split else 2]
                       for text, label, split in reviews(settings))
  return path
