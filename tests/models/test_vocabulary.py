import collections

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata
from tensorflow_transform.tf_metadata import schema_utils

from models import features
from models.text import counts
from models.text import preprocessing
from models.text import vocabulary
from pipeline.sources import sample_data


def _count(batches, limit=None):
  """Counts the words of batches, each {word: times}."""
  counter = vocabulary.WordCounter(limit)
  arrays = [(np.array(list(batch), object), np.array(list(batch.values()), np.int64)) for batch in batches]
  parts = [counter.add_input(counter.create_accumulator(), pair) for pair in arrays]
  found = counter.extract_output(counter.merge_accumulators(parts))
  return dict(zip(found['word'].to_pylist(), found['times'].to_pylist()))


@pytest.mark.parametrize('max_pending_rows', [0, 10**6])
def test_equal_words_of_several_batches_are_added_up(monkeypatch, max_pending_rows):
  monkeypatch.setattr(counts, 'MAX_PENDING_ROWS', max_pending_rows)
  assert _count([{b'good': 2, b'film': 1}, {}, {b'film': 4}, {b'good': 1, b'\xc3\xa9t\xc3\xa9': 3}]) == {
      b'good': 3, b'film': 5, b'\xc3\xa9t\xc3\xa9': 3}
  assert _count([]) == {}


def test_an_approximate_count_forgets_rare_words_only(monkeypatch):
  monkeypatch.setattr(counts, 'MAX_PENDING_ROWS', 0)
  source = np.random.default_rng(0)
  batches = [collections.Counter(b'%d' % rank for rank in source.zipf(1.5, 1_000)) for _ in range(20)]
  exact, approximate = _count(batches), _count(batches, limit=200)
  assert len(approximate) <= 200 < len(exact)
  frequent = sorted(exact, key=exact.get)[-50:]
  assert {word: approximate.get(word) for word in frequent} == {word: exact[word] for word in frequent}


@pytest.mark.slow
def test_the_vocabulary_equals_that_of_tft(tmp_path):
  texts = [text for text, _ in sample_data.generate_reviews(300, seed=3)]
  size = 150  # cuts off within the words of one frequency, so that their order matters

  def analyze(inputs):
    words = preprocessing.tokenize(inputs[features.TEXT]).flat_values
    vocabulary.learn(words, size)
    tft.vocabulary(words, top_k=size - len(features.RESERVED_TOKENS), vocab_filename='expected',
                   reserved_tokens=features.RESERVED_TOKENS)
    return inputs

  metadata = dataset_metadata.DatasetMetadata(
      schema_utils.schema_from_feature_spec({features.TEXT: tf.io.FixedLenFeature([], tf.string)}))
  with tft_beam.Context(temp_dir=str(tmp_path / 'temp'), desired_batch_size=70):
    graph = ([{features.TEXT: text} for text in texts], metadata) | tft_beam.AnalyzeDataset(analyze)
    graph | tft_beam.WriteTransformFn(str(tmp_path / 'graph'))  # pylint: disable=expression-not-assigned
  output = tft.TFTransformOutput(str(tmp_path / 'graph'))
  words = output.vocabulary_by_name(features.VOCABULARY)
  assert words == output.vocabulary_by_name('expected')
  assert len(words) == output.vocabulary_size_by_name(features.VOCABULARY) == size
