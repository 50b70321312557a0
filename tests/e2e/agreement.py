"""Holds what the Trainer saw and computed against what the pushed model sees and computes from the raw text."""

import functools
import glob
import itertools
import json
import os

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from components.common import progress_line
from components.versioned_pusher import progress_line as pusher_progress_line
from models import features
from models import model as model_lib
from models import registry
from models.training import inputs
from models.training import job
from models.training import run_fn


def check(store, count):
  """Compare features (exactly) and scores (to 1e-5) of the first eval reviews; returns their raw examples."""
  model = tf.saved_model.load(pusher_progress_line.pushed_path(store.latest_execution('Pusher')))
  graph = tft.TFTransformOutput(store.latest_execution('Transform').uri('transform_graph'))
  spec = graph.transformed_feature_spec()
  written = next(iter(inputs.input_fn(_files(store, 'Transform', 'transformed_examples'), spec, count)))[0]
  raw = _raw(store, written.pop(features.REVIEW_ID).numpy())  # passed through, for people
  assert len(raw) == count
  served = model.signatures[features.TRANSFORM_SIGNATURE](examples=tf.stack(raw))
  assert set(served) == set(written)
  for key, value in written.items():
    if isinstance(value, tf.SparseTensor):
      value = tf.sparse.to_dense(value, -1 if value.dtype.is_integer else 0)
    same = np.testing.assert_array_equal if value.dtype.is_integer else _assert_close
    same(served[key][:, :value.shape[1]] if value.ndim > 1 else served[key], value, err_msg=key)
    assert value.ndim == 1 or np.all(served[key][:, value.shape[1]:] == features.PADDING_ID)
  scores = model.signatures[features.SERVING_SIGNATURE](examples=tf.stack(raw))[features.SCORES]
  np.testing.assert_allclose(scores[:, 0], _trained_scores(store, spec, graph, count), atol=1e-5)
  return raw


_assert_close = functools.partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-7)  # another order of the same sums


def _raw(store, ids):
  """The raw examples of reviews, serialized, in the order of their ids."""
  found = {}
  for record in tf.data.TFRecordDataset(_files(store, 'ImdbExampleGen', 'examples'), 'GZIP'):
    feature = tf.train.Example.FromString(record.numpy()).features.feature
    found[feature[features.REVIEW_ID].bytes_list.value[0]] = record
  return [found[id_] for id_ in ids]


def _trained_scores(store, spec, graph, count):
  """Scores that the Estimator itself gives the transformed examples, from its best checkpoint."""
  run = store.latest_execution('Trainer').uri('model_run')
  with open(os.path.join(run, run_fn.RESULT_FILE), encoding='utf-8') as file:
    result = json.load(file)
  model = registry.get(result['model'], result['preset'])
  params = model_lib.Params(
      model.hparams.replace(result['hparams']), graph.vocabulary_size_by_name(features.VOCABULARY), seed=0)
  estimator = job.build_estimator(model, params, run, 1)
  predictions = estimator.predict(
      lambda: inputs.input_fn(_files(store, 'Transform', 'transformed_examples'), spec, 100),
      checkpoint_path=os.path.join(run, 'best', f'model.ckpt-{result["step"]}'))
  return [float(item['logistic'][0]) for item in itertools.islice(predictions, count)]


def _files(store, component, key):
  folder = os.path.dirname(progress_line.split_path(store.latest_execution(component), key, 'eval', '*'))
  return sorted(glob.glob(glob.escape(folder) + '/*'))
