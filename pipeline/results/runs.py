"""Evaluated models and what belongs to them, found through ML Metadata: for notebooks and TensorBoard.

In a notebook: `run = runs.latest_run('output')`, then `run.results['metrics']['auc']` or `run.examples('test')`.
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
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.utils import path_utils

from components.common import evaluation_summary
from components.common import examples as examples_lib
from components.common import scoring
from components.common import wildcards
from models import features
from models.text import display
from pipeline.results import metadata

# Fields of TFDV's statistics; each kind of feature has some of them.
_STATISTICS = ('unique', 'min', 'max', 'mean', 'std_dev', 'avg_length', 'avg_num_bytes')


class Run:
  """An evaluation, with the model, the data and the text graph behind it.

  Attributes:
    model: the model's name.
    evaluation: directory of the evaluation.
    id: of the evaluation's artifact.
    properties: of the model's artifact: hyper-parameters (`hparams`, JSON), seconds of training, metrics on eval.
    model_id: of the model's artifact.
    trained_at: when that artifact was made, in seconds since 1970.
  """

  def __init__(self, graph: metadata.Lineage, evaluation: metadata_store_pb2.Artifact):
    self.evaluation = evaluation.uri
    self.id = evaluation.id
    inputs = graph.inputs_of(evaluation)
    self._graph, self._model, self._examples = graph, inputs['model'], inputs['examples']
    self.properties = {key: getattr(value, value.WhichOneof('value'))
                       for key, value in self._model.custom_properties.items()}
    self.model = self.properties['model']
    self.model_id, self.trained_at = self._model.id, self._model.create_time_since_epoch / 1000

  def __repr__(self) -> str:
    return f'{self.model} (evaluation {self.id})'

  def is_complete(self) -> bool:
    """Return whether the files of the model, and of what it was made from, are still there."""
    artifacts = (self._model, self._examples, self._graph.sibling_output(self._model, 'model_run'),
                 *self._trainer_inputs.values())
    return all(artifact.state == metadata_store_pb2.Artifact.LIVE for artifact in artifacts)

  def hparams(self) -> dict[str, Any]:
    """Return the hyper-parameters of the training."""
    return json.loads(self.properties['hparams'])

  @functools.cached_property
  def results(self) -> dict[str, Any]:
    """The numbers of the terminal and of the model card: see components.common.evaluation_summary.read_summary."""
    return evaluation_summary.read_summary(self.evaluation)

  @functools.cached_property
  def precision_recall_curve(self) -> list[evaluation_summary.Point]:
    """The precision-recall curve on test."""
    return evaluation_summary.read_precision_recall(self.evaluation)

  def metrics(self) -> pd.DataFrame:
    """Return the metrics on test: `value`, and the bounds `from` and `to` of the 95 % interval, NaN without one."""
    intervals = self.results['intervals']
    rows = [(name, value, *intervals.get(name, (None, None))) for name, value in self.results['metrics'].items()]
    return pd.DataFrame(rows, columns=['metric', 'value', 'from', 'to']).set_index('metric')

  def slices(self) -> pd.DataFrame:
    """Return the metrics of each slice of test, by feature and slice."""
    rows = [{'feature': part['feature'], 'slice': part['name'], **part['metrics']} for part in self.results['slices']]
    return pd.DataFrame(rows).set_index(['feature', 'slice'])

  def thresholds(self) -> pd.DataFrame:
    """Return the thresholds of the evaluation, each with the measured value."""
    return pd.DataFrame(self.results['thresholds'])

  def examples(self, split: str = 'test', count: Optional[int] = None) -> pd.DataFrame:
    """Read raw examples.

    Args:
      split: name of the split.
      count: number of examples, drawn at random but the same ones each time; None for all.

    Returns:
      The columns text, label and rating, by review_id.
    """
    result = _read_examples(self._examples.uri, split)
    return result if count is None else result.sample(min(count, len(result)), random_state=0)

  def augmented_examples(self) -> pd.DataFrame:
    """Return the augmented examples that the model learned from: kind, text and label, by review_id."""
    examples = self._graph.inputs_of(self._trainer_inputs['transform_graph'])['examples']
    result = _read_examples(examples.uri, features.AUGMENTED) if features.AUGMENTED in examples.custom_properties else (
        pd.DataFrame(columns=[features.TEXT, features.LABEL], index=pd.Index([], str, name='review_id')))
    result.insert(0, 'kind', result.index.str.split('-').str[1])
    return result[['kind', features.TEXT, features.LABEL]]

  @functools.cached_property
  def _score(self):
    return scoring.load_scorer(path_utils.serving_model_path(self._model.uri))

  def score(self, texts: Sequence[str]) -> np.ndarray:
    """Return the probabilities that texts are positive, float32 [texts]."""
    return np.array(self._score(list(texts)), np.float32)

  @functools.cached_property
  def _trainer_inputs(self):
    return self._graph.inputs_of(self._model)

  def vocabulary(self) -> list[str]:
    """Return the tokens by id, the reserved ones first, as models.text.display.describe shows them."""
    return list(map(display.describe, self._read_asset(features.VOCABULARY)))

  def _ngrams(self) -> tuple[list[str], np.ndarray]:
    """Return the n-grams by id, as models.text.display.describe shows them, and their naive Bayes weights."""
    ngrams, weights = zip(*(line.split('\t') for line in self._read_asset('ngrams')))
    return list(map(display.describe, ngrams)), np.array(weights, np.float32)

  def _read_asset(self, name: str) -> list[str]:
    """Return the lines of a vocabulary file of the text graph."""
    path = os.path.join(self._trainer_inputs['transform_graph'].uri, 'transform_fn', 'assets', name)
    with tf.io.gfile.GFile(path) as file:
      return file.read().splitlines()

  def _variables(self, kind: str) -> dict[str, np.ndarray]:
    """Return the variables of the exported model whose names contain `kind`, by name."""
    path = os.path.join(path_utils.serving_model_path(self._model.uri), 'variables', 'variables')
    return {name: tf.train.load_variable(path, name) for name, _ in tf.train.list_variables(path) if kind in name}

  def _first_variable(self, kind: str) -> Optional[np.ndarray]:
    return next(iter(self._variables(kind).values()), None)

  def weights(self) -> Optional[pd.Series]:
    """Return what each n-gram adds to a linear model's log-odds, the most negative first; None for other models.

    It is the learned weight times the n-gram's naive Bayes weight (see models/text/ngrams.py), for a text of that
    n-gram alone.
    """
    found = self._first_variable('linear_model/ngram')
    if found is None:
      return None
    ngrams, weights = self._ngrams()
    return pd.Series(found.ravel()[:len(ngrams)] * weights, ngrams).sort_values()

  def word_vectors(self, before_training: bool = False) -> Optional[np.ndarray]:
    """Return the word vectors by token id.

    Args:
      before_training: the pre-trained vectors, not what training made of them.

    Returns:
      float32 [vocab_size, dimension]; None if the model has none.
    """
    artifact = self._trainer_inputs.get('word_vectors')
    if before_training:
      return np.load(os.path.join(artifact.uri, 'vectors.npy')) if artifact else None
    found = self._first_variable('word_vectors' if artifact else 'embedding/table')
    # An embedding of n-grams has another number of rows.
    return found if found is not None and len(found) == len(self.vocabulary()) else None

  def embeddings(self) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Return the embeddings of the exported model by name: the rows, and the word or n-gram of each row."""
    result = {}
    for name, rows in self._variables('embedding/').items():
      name = name.removesuffix('/ExponentialMovingAverage')
      # A model may have more rows than there are n-grams.
      labels = self._ngrams()[0] if name.endswith('/ngrams') else self.vocabulary()
      result[name] = rows[:len(labels)], labels
    return result

  @functools.cached_property
  def model_run(self) -> str:
    """The directory of the training: checkpoints and event files."""
    return self._graph.sibling_output(self._model, 'model_run').uri

  def training_curve(self, metric: str = 'average_loss', split: str = 'eval') -> tuple[list[int], list[float]]:
    """Return the steps of a training, and a metric at each of them, as TensorBoard shows it.

    Args:
      metric: its tag in the event files.
      split: eval, or train for the values on training batches.
    """
    folder = os.path.join(self.model_run, 'eval') if split == 'eval' else self.model_run
    points = sorted(
        (event.step, tf.make_ndarray(value.tensor).item() if value.HasField('tensor') else value.simple_value)
        for path in glob.glob(os.path.join(folder, 'events.*')) for event in tf.compat.v1.train.summary_iterator(path)
        for value in event.summary.value if value.tag == metric)
    return [step for step, _ in points], [value for _, value in points]

  def statistics(self) -> dict[str, statistics_pb2.DatasetFeatureStatisticsList]:
    """Return the TFDV statistics by split."""
    found = self._graph.latest_derived(self._examples, 'ExampleStatistics')
    return {split: tfdv.load_stats_binary(os.path.join(found.uri, f'Split-{split}', 'FeatureStats.pb'))
            for split in features.SPLITS}

  def statistics_table(self) -> pd.DataFrame:
    """Return the numbers of the statistics, by feature and split."""
    rows = []
    for split, found in self.statistics().items():
      for feature in found.datasets[0].features:
        stats = getattr(feature, feature.WhichOneof('stats'))
        numbers = {name: getattr(stats, name) for name in _STATISTICS if name in stats.DESCRIPTOR.fields_by_name}
        rows.append({'feature': feature.path.step[0], 'split': split, 'present': stats.common_stats.num_non_missing,
                     'missing': stats.common_stats.num_missing, **numbers})
    return pd.DataFrame(rows).set_index(['feature', 'split']).sort_index(sort_remaining=False)

  def schema(self) -> schema_pb2.Schema:
    """Return the curated schema."""
    return tfdv.load_schema_text(os.path.join(self._graph.latest_artifact('Schema').uri, 'schema.pbtxt'))

  def data_properties(self) -> dict[str, Any]:
    """Return the number of examples by split, of dropped, contradictory and repaired ones, and the source's hash."""
    return {key: getattr(value, value.WhichOneof('value'))
            for key, value in self._examples.custom_properties.items() if key != 'tfx_version'}


def _read_examples(uri: str, split: str) -> pd.DataFrame:
  """Return text, label and rating, by review_id, of the raw examples of a split."""
  found = list(examples_lib.read_examples(uri, split))
  rows = [(example.text.decode(), example.label, example.rating) for example in found]
  index = pd.Index([example.review_id for example in found], name='review_id')
  return pd.DataFrame(rows, index, [features.TEXT, features.LABEL, features.RATING])


def load_runs(output_dir: str = 'output', connection: Optional[metadata.Connection] = None) -> list[Run]:
  """Find all evaluated models of an output directory, but those whose files were deleted.

  Args:
    output_dir: of the runs.
    connection: to a metadata store that may have other pipelines' models too; None for the one in `output_dir`.

  Returns:
    One run per evaluation, the oldest first.

  Raises:
    ValueError: nothing was evaluated there.
  """
  wildcards.refuse(output_dir, 'the output directory')
  if not os.path.isdir(output_dir):
    raise ValueError(f'{output_dir}: no such directory; run local_runner.py first, or name another directory')
  if connection is None and not metadata.components_with_artifacts(output_dir):
    raise ValueError(f'{output_dir}: holds no evaluated model; run local_runner.py first, or name another directory')
  if connection is None:
    metadata.check_store(output_dir)
  graph, own = metadata.Lineage(output_dir, connection), os.path.join(output_dir, '')
  evaluated = [Run(graph, evaluation) for evaluation in graph.artifacts('ModelEvaluation')
               if connection is None or evaluation.uri.startswith(own)]
  found = [run for run in evaluated if run.is_complete()]
  if not found:
    raise ValueError(f'{output_dir}: holds no evaluated model; run local_runner.py first, or name another directory')
  return found


def latest_run(output_dir: str = 'output', model: Optional[str] = None) -> Run:
  """Return the latest run.

  Args:
    output_dir: of the runs.
    model: the model's name; None for any model.

  Returns:
    The run.

  Raises:
    ValueError: there is none.
  """
  found = [run for run in load_runs(output_dir) if model in (None, run.model)]
  if not found:
    raise ValueError(f'{output_dir}: holds no evaluated {model}; run local_runner.py --model {model} first')
  return found[-1]


def runs_by_model(output_dir: str = 'output') -> dict[str, Run]:
  """Return the latest run of each model by name, the best eval accuracy first."""
  found = {run.model: run for run in load_runs(output_dir)}
  return dict(sorted(found.items(), key=lambda item: -item[1].properties['accuracy']))
