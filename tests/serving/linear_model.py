"""A small linear model with the signatures of a pushed one, whose scores and explanations are known."""

import csv
import gzip
import io
import json
import math
import re

import tensorflow as tf

_WEIGHTS = {'good': 2.0, 'remember': 1.0, 'bad': -3.0, 'hours': -1.0, 'schön': 1.5}
TEXTS = ['Good, good film', 'bad', '', 'A "quoted", comma\nand line\r\nof schön text', 'not remember hours']


class _Linear(tf.Module):
  """The sum of the words' weights, times a factor, as log-odds."""

  def __init__(self, factor):
    super().__init__()
    words = tf.lookup.KeyValueTensorInitializer(list(_WEIGHTS), list(_WEIGHTS.values()))
    self._weights = tf.lookup.StaticHashTable(words, 0.0)
    self._factor = tf.Variable(factor, dtype=tf.float32)

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'text')])
  def predict_text(self, text):
    words = tf.strings.split(tf.strings.regex_replace(tf.strings.lower(text, 'utf-8'), r'<br />|[^\pL\pN]+', ' '))
    values = tf.ragged.map_flat_values(self._weights.lookup, words)
    return {'scores': tf.sigmoid(self._factor * tf.reduce_sum(values, axis=1))[:, tf.newaxis]}

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  def serving_default(self, examples):
    parsed = tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})
    return self.predict_text(parsed['text'])

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'text')])
  def count_known_words(self, text):
    words = tf.strings.split(tf.strings.regex_replace(tf.strings.lower(text, 'utf-8'), r'<br />|[^\pL\pN]+', ' '))
    values = tf.ragged.map_flat_values(self._weights.lookup, words)
    return {'known_words': tf.reduce_sum(tf.cast(values != 0.0, tf.int64), axis=1)}


def save(model_dir, version, factor=1.0, tells_coverage=False):
  """Save a model below a directory as a version; returns the directory as a str."""
  model = _Linear(factor)
  signatures = {'predict_text': model.predict_text, 'serving_default': model.serving_default}
  if tells_coverage:  # models of earlier versions do not
    signatures['count_known_words'] = model.count_known_words
  tf.saved_model.save(model, str(model_dir / str(version)), signatures=signatures)
  return str(model_dir)


def probability(text, factor=1.0):
  """The score that a saved model gives."""
  words = re.findall(r'\w+', text.lower().replace('<br />', ' '))
  return 1 / (1 + math.exp(-factor * sum(_WEIGHTS.get(word, 0) for word in words)))


def csv_bytes(rows, delimiter=','):
  """Rows as the bytes of a CSV file."""
  file = io.StringIO()
  csv.writer(file, delimiter=delimiter).writerows(rows)
  return file.getvalue().encode()


def read_rows(path):
  """The rows of a file of any format, as dicts of strings or, from JSONL, of JSON values."""
  content = (gzip.open if path.name.endswith('.gz') else open)(path, 'rb').read().decode()
  if '.jsonl' in path.name:
    return [json.loads(line) for line in content.splitlines()]
  return list(csv.DictReader(io.StringIO(content, newline=''), delimiter='\t' if '.tsv' in path.name else ','))
