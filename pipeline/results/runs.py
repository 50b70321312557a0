"""Evaluated models and what belongs to them, found through MLMD: for notebooks, where a cell should read like a sentence.

  run = runs.latest_run('output')
  run.results['metrics']['auc']
"""

import functools
import glob
import json
import os
from typing import Any, Optional, Sequence

from ml_metadata.proto import metadata_store_pb2
import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tfx.utils import path_utils

from components.imdb_example_gen import readers
from components.common import evaluation_summary
from models import features
from pipeline.results import metadata

_BATCH = 256
_STATISTICS = ('unique', 'min', 'max', 'mean', 'std_dev', 'avg_length', 'avg_num_bytes')  # of TFDV, by kind of feature


class Run:
  """An evaluation, with the model, the data and the text graph behind it.

  Attributes:
    model: the model's name.
    evaluation: directory of the evaluation.
    properties: of the model's artifact: hyper-parameters (`hparams`, JSON), seconds of training, metrics on eval.
    model_id: of that artifact.
    trained_at: when it was made, in seconds since 1970.
  """

  def __init__(self, graph: 'metadata.Lineage', evaluation: metadata_store_pb2.Artifact):
    self.evaluation = evaluation.uri
    self.id = evaluation.id
    inputs = graph.inputs_of(evaluation)
    self._graph, self._model, self._examples = graph, inputs['model'], inputs['examples']
    self.properties = {key: getattr(value, value.WhichOneof('value'))
                       for key, value in self._model.custom_properties.items()}
    self.model = self.properties['model']
    self.model_id, self.trained_at = self._model.id, self._model.create_time_since_epoch / 1000

  def __repr__(self):
    return f'{self.model} (evaluation {self.id})'

  def hparams(self) -> dict[str, Any]:
    """The hyper-parameters that it was trained with."""
    return json.loads(self.properties['hparams'])

  @functools.cached_property
  def results(self) -> dict[str, Any]:
    """See components.common.evaluation_summary.read_summary: the numbers of the terminal and of the model card."""
    return evaluation_summary.read_summary(self.evaluation)

  @functools.cached_property
  def curve(self) -> list[evaluation_summary.Point]:
    """The precision-recall curve."""
    return evaluation_summary.read_precision_recall(self.evaluation)

  def metrics(self) -> pd.DataFrame:
    """The metrics on test, with their intervals of confidence 95 % where there are some."""
    intervals = self.results['intervals']
    rows = [(name, value, *intervals.get(name, (None, None))) for name, value in self.results['metrics'].items()]
    return pd.DataFrame(rows, columns=['metric', 'value', 'from', 'to']).set_index('metric')

  def slices(self) -> pd.DataFrame:
    """The metrics of each slice of test."""
    rows = [{'feature': part['feature'], 'slice': part['name'], **part['metrics']} for part in self.results['slices']]
    return pd.DataFrame(rows).set_index(['feature', 'slice'])

  def thresholds(self) -> pd.DataFrame:
    """What the model had to meet."""
    return pd.DataFrame(self.results['thresholds'])

  def reviews(self, split: str = 'test', count: Optional[int] = None) -> pd.DataFrame:
    """Raw reviews of a split by id: text, label and rating; `count` at random, the same ones each time, or all."""
    paths = sorted(glob.glob(os.path.join(self._examples.uri, f'Split-{split}', '*')))
    ids, rows = [], []
    for record in tf.data.TFRecordDataset(paths, 'GZIP'):
      found = tf.train.Example.FromString(record.numpy()).features.feature
      ids.append(found[features.REVIEW_ID].bytes_list.value[0].decode())
      rows.append((found[features.TEXT].bytes_list.value[0].decode(), found[features.LABEL].int64_list.value[0],
                   found[features.RATING].int64_list.value[0]))
    result = pd.DataFrame(rows, pd.Index(ids, name='review'), ['text', 'label', 'rating'])
    return result if count is None else result.sample(min(count, len(result)), random_state=0)

  @functools.cached_property
  def _signature(self):
    return tf.saved_model.load(path_utils.serving_model_path(self._model.uri)).signatures[features.TEXT_SIGNATURE]

  def score(self, texts: Sequence[str]) -> np.ndarray:
    """Probabilities that texts are positive, float32 [texts]."""
    scores = [self._signature(text=tf.constant(list(texts[start:start + _BATCH])))[features.SCORES].numpy().ravel()
              for start in range(0, len(texts), _BATCH)]
    return np.concatenate(scores) if scores else np.zeros(0, np.float32)

  @functools.cached_property
  def _text_graph(self):
    trainer = self._graph.inputs_of(self._model)
    return trainer['transform_graph'], trainer.get('word_vectors')

  def vocabulary(self) -> list[str]:
    """The words by id, the reserved tokens first."""
    return self._asset(features.VOCABULARY)

  def _ngrams(self) -> tuple[list[str], np.ndarray]:
    """The n-grams by id, and their own weights."""
    ngrams, own = zip(*(line.split('\t') for line in self._asset('ngrams')))
    return list(ngrams), np.array(own, np.float32)

  def _asset(self, name: str) -> list[str]:
    with tf.io.gfile.GFile(os.path.join(self._text_graph[0].uri, 'transform_fn', 'assets', name)) as file:
      return file.read().splitlines()

  def _variables(self, kind: str) -> dict[str, np.ndarray]:
    """The weights of the exported model whose name holds `kind`, by name."""
    path = os.path.join(path_utils.serving_model_path(self._model.uri), 'variables', 'variables')
    return {name: tf.train.load_variable(path, name) for name, _ in tf.train.list_variables(path) if kind in name}

  def _variable(self, kind: str) -> Optional[np.ndarray]:
    """The first of them, or None."""
    return next(iter(self._variables(kind).values()), None)

  def weights(self) -> Optional[pd.Series]:
    """What an n-gram adds to a linear model's log-odds, by n-gram, the most negative first; None for other models.

    It is the learned weight times the n-gram's own (see models/text/ngrams.py), for a review of that n-gram alone.
    """
    found = self._variable('linear_model/ngram')
    if found is None:
      return None
    ngrams, own = self._ngrams()
    return pd.Series(found.ravel()[:len(ngrams)] * own, ngrams).sort_values()

  def word_vectors(self, before: bool = False) -> Optional[np.ndarray]:
    """Vectors by word id: GloVe's, or what training made of them, or of random ones; None where there are none."""
    artifact = self._text_graph[1]
    if before:
      return np.load(os.path.join(artifact.uri, 'vectors.npy')) if artifact else None
    found = self._variable('word_vectors' if artifact else 'embedding/table')
    return found if found is not None and len(found) == len(self.vocabulary()) else None  # not those of n-grams

  def embeddings(self) -> dict[str, tuple[np.ndarray, list[str]]]:
    """All embeddings of the exported model by name: the rows, and the word or n-gram that each stands for."""
    result = {}
    for name, rows in self._variables('embedding/').items():
      name = name.removesuffix('/ExponentialMovingAverage')
      # A model may have room for more n-grams than there were.
      labels = self._ngrams()[0] if name.endswith('/ngrams') else self.vocabulary()
      result[name] = rows[:len(labels)], labels
    return result

  @functools.cached_property
  def model_run(self) -> str:
    """The directory of the training."""
    return self._graph.sibling_output(self._model, 'model_run').uri

  def training_curve(self, metric: str = 'average_loss', split: str = 'eval') -> tuple[list[int], list[float]]:
    """Steps, and a metric on eval at each, or on a batch of train: what TensorBoard shows of it."""
    folder = os.path.join(self.model_run, 'eval') if split == 'eval' else self.model_run
    points = sorted(
        (event.step, tf.make_ndarray(value.tensor).item() if value.HasField('tensor') else value.simple_value)
        for path in glob.glob(os.path.join(folder, 'events.*')) for event in tf.compat.v1.train.summary_iterator(path)
        for value in event.summary.value if value.tag == metric)
    return [step for step, _ in points], [value for _, value in points]

  def statistics(self):
    """The statistics of the splits, {split: tfdv statistics}."""
    found = self._graph.latest_derived(self._examples, 'ExampleStatistics')
    return {split: tfdv.load_stats_binary(os.path.join(found.uri, f'Split-{split}', 'FeatureStats.pb'))
            for split in readers.SPLITS}

  def statistics_table(self) -> pd.DataFrame:
    """The numbers in them: a row for each feature and split."""
    rows = []
    for split, found in self.statistics().items():
      for feature in found.datasets[0].features:
        stats = getattr(feature, feature.WhichOneof('stats'))
        numbers = {name: getattr(stats, name) for name in _STATISTICS if name in stats.DESCRIPTOR.fields_by_name}
        rows.append({'feature': feature.path.step[0], 'split': split, 'present': stats.common_stats.num_non_missing,
                     'missing': stats.common_stats.num_missing, **numbers})
    return pd.DataFrame(rows).set_index(['feature', 'split']).sort_index(sort_remaining=False)

  def schema(self):
    """The curated schema."""
    return tfdv.load_schema_text(os.path.join(self._graph.latest_artifact('Schema').uri, 'schema.pbtxt'))

  def data_facts(self) -> dict[str, Any]:
    """Reviews by split, and those left out, contradicting or cleaned; the hash of the source."""
    return {key: getattr(value, value.WhichOneof('value'))
            for key, value in self._examples.custom_properties.items() if key != 'tfx_version'}


def load_runs(output_dir: str = 'output', connection: Optional[metadata.Connection] = None) -> list[Run]:
  """All evaluated models of an output directory, the oldest first.

  Args:
    output_dir: of the runs.
    connection: to a metadata store that may have other pipelines' models too; None for the one in `output_dir`.

  Raises:
    ValueError: nothing was evaluated there.
  """
  if not os.path.isdir(output_dir):
    raise ValueError(f'{output_dir}: there is no such directory; run local_runner.py first, or name another one')
  if connection is None and not metadata.components_with_artifacts(output_dir):
    raise ValueError(f'{output_dir}: no model was evaluated there')
  if connection is None:
    metadata.check_store(output_dir)
  graph, own = metadata.Lineage(output_dir, connection), os.path.join(output_dir, '')
  found = [Run(graph, evaluation) for evaluation in graph.artifacts('ModelEvaluation')
           if connection is None or evaluation.uri.startswith(own)]
  if not found:
    raise ValueError(f'{output_dir}: no model was evaluated there')
  return found


def latest_run(output_dir: str = 'output', model: Optional[str] = None) -> Run:
  """The latest one, of a model if it is named; raises ValueError where there is none."""
  found = [run for run in load_runs(output_dir) if model in (None, run.model)]
  if not found:
    raise ValueError(f'{output_dir}: no {model} was evaluated there')
  return found[-1]


def runs_by_model(output_dir: str = 'output') -> dict[str, Run]:
  """The latest one of each model, the best on eval first."""
  found = {run.model: run for run in load_runs(output_dir)}
  return dict(sorted(found.items(), key=lambda item: -item[1].properties['accuracy']))
