"""Packages as `kubeflow_runner.py compile` writes them, and reviews to run them on."""

import json
import os

from components.imdb_example_gen import readers
import kubeflow_runner
from pipeline.sources import sample_data

_REVIEWS = 600

# A model that is trained for some seconds need not meet them.
NO_THRESHOLDS = [word for name in (
    'min_slice_accuracy=none', 'max_accuracy_drop=1', 'min_minimum_functionality=0', 'min_direction=0',
    'min_invariance=0', 'reads=none') for word in ('--set', name)]


def write_reviews(path):
  """Write some reviews as JSONL and return the path: a part of IMDB_DATA if that is set, or sample data."""
  if not os.environ.get('IMDB_DATA'):
    sample_data.write_sample(f'{path}.gz', _REVIEWS)
    return path.with_name(f'{path.name}.gz')
  reviews = list(readers.read(os.environ['IMDB_DATA']))
  with path.open('w') as file:
    for review in reviews[::len(reviews) // _REVIEWS]:
      file.write(json.dumps({'text': review.text.decode(), 'label': review.label}) + '\n')
  return path


def compile_package(engine, path, volume, *flags, settings=''):
  """Write a package for a cluster whose volume is the directory `volume`; `settings` are further lines of its file."""
  config = path.with_suffix('.settings.yaml')
  config.write_text(f'image: example.org/sentiment:1\nmount_path: {volume}\n{settings}')
  command = ['compile', '--engine', engine, '--output', path, '--config', config, *flags]
  assert kubeflow_runner.main([str(word) for word in command]) == 0
