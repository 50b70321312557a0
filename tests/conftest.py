"""Fixtures that several tests share."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# pylint: disable=wrong-import-position
import pytest

from components.imdb_example_gen import sample


@pytest.fixture(scope='session')
def sample_file(tmp_path_factory):
  """600 generated reviews, as gzipped JSONL."""
  path = tmp_path_factory.mktemp('data') / 'reviews.jsonl.gz'
  sample.write(str(path), 600)
  return path
