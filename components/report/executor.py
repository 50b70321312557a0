"""Executor of ReportGen: what the report says, as JSON, and the page."""

import json
import os
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.common import custom_properties
from components.common import evaluation_summary
from components.common import scoring
from components.report import explanations
from components.report import rendering

FACTS, PAGE = 'report.json', 'report.html'
# Names the file of an Argo step from which Kubeflow Pipelines takes what its page of the step shows.
KUBEFLOW_PAGE = 'MLPIPELINE_UI_METADATA'
_MAX_SCORED = 2_000  # reviews: at this many a slow model still needs seconds only
_VECTORS = ('dimension', 'vocabulary_coverage', 'token_coverage', 'source_hash')
_PUSHED = ('pushed', 'pushed_destination', 'pushed_version', 'reason')


class Executor(base_executor.BaseExecutor):
  """Writes report.json and report.html."""

  def Do(self, input_dict, output_dict, exec_properties):
    report = artifact_utils.get_single_instance(output_dict['report'])
    found = gather(input_dict, exec_properties)
    page = rendering.run(found)
    report.set_string_custom_property('display_name', 'report')  # Kubeflow's page asks for one
    if fileio.isdir(report.uri):
      _write(os.path.join(report.uri, FACTS), json.dumps(found, indent=1, allow_nan=False))
      _write(os.path.join(report.uri, PAGE), page)
    else:  # on version 2 of Kubeflow Pipelines, an artifact of this type is the page itself
      fileio.makedirs(os.path.dirname(report.uri))
      _write(report.uri, page)
    if KUBEFLOW_PAGE in os.environ:
      shown = {'type': 'web-app', 'storage': 'inline', 'source': page}
      _write(os.environ[KUBEFLOW_PAGE], json.dumps({'outputs': [shown]}))


def _write(path: str, content: str):
  with fileio.open(path, 'wb') as file:
    file.write(content.encode())


def gather(inputs, parameters) -> dict[str, Any]:
  """What report.json holds: the model card's facts as they are, and what a card has no room for.

  Args:
    inputs: artifacts by the component's input.
    parameters: the component's.

  Returns:
    `card`, the `curve` (fields of evaluation_summary.Point), `words` and `mistakes` (see explanations), what was `pushed`, and of
    the `word_vectors` the properties, or None.
  """
  found = {key: artifacts[0] for key, artifacts in inputs.items() if artifacts}
  with fileio.open(os.path.join(found['model_card'].uri, 'model_card.json')) as file:
    card = json.loads(file.read())
  score = scoring.load_scorer(path_utils.serving_model_path(found['model'].uri))
  graph = tft.TFTransformOutput(found['transform_graph'].uri)
  words = graph.vocabulary_by_name(parameters['vocabulary'])[parameters['reserved']:]
  split = next((each for each in card['data']['splits'] if each['split'] == parameters['split']), {'reviews': None})
  reviews = _reviews(found['examples'], split['reviews'] or 0, parameters)
  return {
      'card': card,
      'curve': [point._asdict() for point in evaluation_summary.precision_recall(found['evaluation'].uri)],
      'words': explanations.words(score, [word.decode(errors='replace') for word in words]),
      'mistakes': {'of': split['reviews'], **explanations.mistakes(score, reviews)},
      'pushed': _properties(found['pushed_model'], _PUSHED),
      'word_vectors': _properties(found['word_vectors'], _VECTORS) if 'word_vectors' in found else None,
  }


def _properties(artifact, names) -> dict[str, Any]:
  return {name: custom_properties.value(artifact, name) for name in names}


def _reviews(examples, count: int, parameters) -> list[explanations.Review]:
  """Evenly spaced reviews of a split, at most about _MAX_SCORED of its `count`."""
  files = sorted(tf.io.gfile.glob(os.path.join(artifact_utils.get_split_uri([examples], parameters['split']), '*')))
  records = tf.data.TFRecordDataset(files, 'GZIP').shard(max(1, -(-count // _MAX_SCORED)), 0)
  return [_review(record, parameters) for record in records.as_numpy_iterator()]


def _review(record: bytes, parameters) -> explanations.Review:
  features = tf.train.Example.FromString(record).features.feature
  text, id_ = (features[parameters[key]].bytes_list.value[0].decode(errors='replace') for key in ('text_key', 'id_key'))
  label, rating = (next(iter(features[parameters[key]].int64_list.value), 0) for key in ('label_key', 'rating_key'))
  return explanations.Review(id_, text, label, rating)
