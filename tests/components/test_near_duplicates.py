"""Near-duplicates between splits are dropped on request; equal texts always are."""

import json

import pytest

from components.imdb_example_gen import executor
from components.imdb_example_gen import tokens
from models import features
from pipeline import config
from tests.faults import ingestion

_SHARED = ' '.join(f'word{number}' for number in range(60))


def _write(path):
  rows = [('test', f'{_SHARED} of test'), ('train', f'{_SHARED} of train'), ('eval', f'{_SHARED} in eval'),
          ('unlabeled', f'{_SHARED} with no label'), ('train', f'{_SHARED.upper()}, of test!')]
  rows += [(split, f'something else {split} {number}') for split in features.SPLITS for number in range(4)]
  path.write_text(''.join(json.dumps(
      {'split': split, 'text': text, 'label': number % 2}) + '\n' for number, (split, text) in enumerate(rows)))
  return path


@pytest.mark.slow
@pytest.mark.parametrize('similarity, dropped', [(0.0, 0), (0.8, 3), (1.0, 0)])
def test_near_duplicates_of_later_splits_are_dropped_on_request(tmp_path, similarity, dropped):
  path = _write(tmp_path / 'a.jsonl')
  counts, found = ingestion.ingest(path, tmp_path, unlabeled=path, near_duplicates=similarity)
  assert (counts[executor.NEAR_DUPLICATES], counts[executor.CROSS_SPLIT_DUPLICATES]) == (dropped, 1)
  assert counts[features.TEST] == 5 and sum(map(len, found.values())) == 16 - dropped


def test_the_similarity_is_checked():
  with pytest.raises(ValueError, match='near_duplicates must be from 0.5 to 1, not 0.3'):
    config.PipelineConfig('a', 'b', near_duplicates=0.3)


def test_equal_texts_are_those_that_the_text_graph_makes_equal():
  variants, has_terms = tokens.tokenize([b'A good,  film<br />"yes"', b'a GOOD film yes\n', b'a good German film'])
  assert variants[0] == variants[1] == b'a good film yes' != variants[2]
  assert has_terms == [False, False, True]
