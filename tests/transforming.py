"""A small output of Transform for tests, made by the real preprocessing_fn."""

import functools
import json

import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata
from tensorflow_transform.tf_metadata import schema_utils

from models import features
from models.text import preprocessing

_SPEC = {
    features.TEXT: tf.io.FixedLenFeature([1], tf.string),
    features.LABEL: tf.io.FixedLenFeature([1], tf.int64),
    features.REVIEW_ID: tf.io.FixedLenFeature([1], tf.string),
}


def transform(texts, directory, vocab_size=100, max_length=16, labels=None, **config):
  """Analyze and transform texts.

  Args:
    texts: the texts, bytes.
    directory: the graph and temporary files go below it.
    vocab_size: number of ids, including the reserved ones.
    max_length: number of tokens that are kept of a text.
    labels: 0 or 1 by text; None alternates.
    **config: more of the preprocessing_fn's custom_config.

  Returns:
    The transformed examples, a dict each, whose review_id is the number of the text; and the tft.TFTransformOutput.
  """
  metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(_SPEC))
  labels = [index % 2 for index in range(len(texts))] if labels is None else labels
  rows = [{features.TEXT: [text], features.LABEL: [label], features.REVIEW_ID: [str(number)]}
          for number, (text, label) in enumerate(zip(texts, labels))]
  settings = {'vocab_size': vocab_size, 'max_length': max_length, **config}
  with tft_beam.Context(temp_dir=str(directory / 'temp')):
    (transformed, _), graph = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
        lambda inputs: preprocessing.preprocessing_fn(inputs, settings))
    graph | tft_beam.WriteTransformFn(str(directory / 'graph'))  # pylint: disable=expression-not-assigned
  return transformed, tft.TFTransformOutput(str(directory / 'graph'))


def write(rows, output, path):
  """Write transformed examples as the Transform component does: gzipped TFRecords of tf.Examples."""
  coder = tft.coders.ExampleProtoCoder(output.transformed_metadata.schema)
  with tf.io.TFRecordWriter(str(path), 'GZIP') as writer:
    for row in rows:
      writer.write(coder.encode(row))


class Transforms:
  """Transformed examples of some texts: made and written once for each configuration."""

  def __init__(self, directory, texts, labels):
    """See `transform`; all configurations have directories below `directory`."""
    self._directory, self._texts, self._labels = directory, texts, labels
    self._number = 0
    self._transform = functools.lru_cache(maxsize=None)(self._transform_once)

  def get(self, **config):
    """Return the path of the TFRecords and the tft.TFTransformOutput of a configuration; see `transform`."""
    return self._transform(json.dumps(config))

  def _transform_once(self, config):
    self._number += 1
    directory = self._directory / str(self._number)
    rows, output = transform(self._texts, directory, labels=self._labels, **json.loads(config))
    write(rows, output, directory / 'examples.gz')
    return str(directory / 'examples.gz'), output
