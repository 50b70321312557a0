"""Small SavedModels for tests of the serving check, and that check without processes of its own."""

import json
import pathlib

import tensorflow as tf

from components.serving_validator import probe
from components.serving_validator import processes


def hashed(texts):
  """Return a score for each text that depends on nothing else, float32 [batch, 1]."""
  return tf.cast(tf.strings.to_hash_bucket_fast(texts, 1000), tf.float32)[:, tf.newaxis] / 1000


def save(path, score, score_examples=None):
  """Save a model that scores by a function of texts, and examples by another, or by the same one.

  Args:
    path: of the SavedModel.
    score: string [batch] to float32 [batch, 1], in the graph.
    score_examples: the same for the signature serving_default; None for `score`.
  """
  module = tf.Module()

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='text')])
  def predict_text(text):
    return {'scores': score(text)}

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='examples')])
  def serving_default(examples):
    parsed = tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})
    return {'scores': (score_examples or score)(parsed['text'])}

  signatures = {'predict_text': predict_text, 'serving_default': serving_default}
  tf.saved_model.save(module, str(path), signatures=signatures)


def probe_in_this_process(directory, candidate, others, timeout_s):
  """Replace `processes.run_in_turns`: starting TensorFlow takes most of a check's time."""
  del timeout_s
  reports = {}
  for name, job in {'candidate': candidate, **others}.items():
    top = pathlib.Path(directory, name)
    top.mkdir()
    (top / 'job.json').write_text(json.dumps(job))
    probe.main(str(top / 'job.json'), str(top / 'report.json'), range(processes.TURNS))
    reports[name] = json.loads((top / 'report.json').read_text())
  return reports
