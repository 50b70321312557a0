"""Executor of ReportGen: what the report says, as JSON, and the page."""

import json
import os
from typing import Any, Iterable, Mapping, Sequence

import tensorflow_transform as tft
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact as tfx_artifact
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.common import custom_properties
from components.common import evaluation_summary
from components.common import examples as examples_lib
from components.common import review_scores
from components.common import scoring
from components.report import insights
from components.report import rendering
from models import features
from models.text import display

CONTENT_FILE, PAGE_FILE = 'report.json', 'report.html'
# Environment variable: the file of an Argo step from which Kubeflow Pipelines takes what its page of the step shows.
KUBEFLOW_PAGE = 'MLPIPELINE_UI_METADATA'
_MAX_REVIEWS = 2_000  # that errors are chosen from
_VECTORS = ('dimension', 'vocabulary_coverage', 'token_coverage', 'source_hash', 'learned')
_PUSHED = ('pushed', 'pushed_destination', 'pushed_version', 'reason', 'live_version')


class Executor(base_executor.BaseExecutor):
  """Writes report.json and report.html."""

  def Do(self, input_dict: dict[str, list[tfx_artifact.Artifact]], output_dict: dict[str, list[tfx_artifact.Artifact]],
         exec_properties: dict[str, Any]) -> None:
    """Write the report; see base_executor.BaseExecutor."""
    report = artifact_utils.get_single_instance(output_dict['report'])
    content = gather_content(input_dict, exec_properties['split'])
    page = rendering.render_run(content)
    report.set_string_custom_property('display_name', 'report')  # Kubeflow's page asks for one
    if fileio.isdir(report.uri):
      _write(os.path.join(report.uri, CONTENT_FILE), json.dumps(content, indent=1, allow_nan=False))
      _write(os.path.join(report.uri, PAGE_FILE), page)
    else:  # on version 2 of Kubeflow Pipelines, an artifact of this type is the page itself
      fileio.makedirs(os.path.dirname(report.uri))
      _write(report.uri, page)
    if KUBEFLOW_PAGE in os.environ:
      output = {'type': 'web-app', 'storage': 'inline', 'source': page}
      _write(os.environ[KUBEFLOW_PAGE], json.dumps({'outputs': [output]}))


def _write(path: str, content: str) -> None:
  with fileio.open(path, 'wb') as file:
    file.write(content.encode())


def gather_content(inputs: Mapping[str, list], split: str) -> dict[str, Any]:
  """Gather what report.json holds: the content of the model card, and what a card has no room for.

  Args:
    inputs: artifacts by the component's input.
    split: the split whose errors are shown.

  Returns:
    `card`, the `curve` (fields of evaluation_summary.Point), `words` and `errors` (see insights), what was `pushed`,
    and the properties of the `word_vectors`, or None.
  """
  artifacts = {key: values[0] for key, values in inputs.items() if values}
  with fileio.open(os.path.join(artifacts['model_card'].uri, 'model_card.json')) as file:
    card = json.loads(file.read())
  score, count_known_words = scoring.load_scorers(path_utils.serving_model_path(artifacts['model'].uri))
  graph = tft.TFTransformOutput(artifacts['transform_graph'].uri)
  words = display.plain_words(graph.vocabulary_by_name(features.VOCABULARY)[len(features.RESERVED_TOKENS):])
  size = next((each['reviews'] for each in card['data']['splits'] if each['split'] == split), None)
  reviews = _sample_reviews(artifacts['examples'].uri, split, size or 0)
  scores = _look_up_scores(artifacts['evaluation'].uri, reviews)
  return {
      'card': card,
      'curve': [point._asdict() for point in evaluation_summary.read_precision_recall(artifacts['evaluation'].uri)],
      'words': insights.find_influential_words(score, [word.decode(errors='replace') for word in words]),
      'errors': {'of': size, **insights.find_confident_errors(score, reviews, scores),
                 'unknown': insights.count_unknown(count_known_words, reviews)},
      'pushed': _read_properties(artifacts['pushed_model'], _PUSHED),
      'word_vectors': _read_properties(artifacts['word_vectors'], _VECTORS) if 'word_vectors' in artifacts else None,
  }


def _read_properties(artifact: tfx_artifact.Artifact, names: Iterable[str]) -> dict[str, Any]:
  return {name: custom_properties.read_property(artifact, name) for name in names}


def _sample_reviews(uri: str, split: str, size: int) -> list[insights.Review]:
  """Read evenly spaced reviews of a split, at most about _MAX_REVIEWS of its `size`."""
  records = examples_lib.read_records(uri, split).shard(max(1, -(-size // _MAX_REVIEWS)), 0)
  examples = map(examples_lib.decode_example, records.as_numpy_iterator())
  return [insights.Review(example.review_id, example.text.decode(errors='replace'), example.label, example.rating)
          for example in examples]


def _look_up_scores(evaluation: str, reviews: Sequence[insights.Review]) -> list[float]:
  """Return the scores that the Evaluator has given to reviews: a slow model takes minutes to score them again."""
  path = os.path.join(evaluation, review_scores.FILE)
  found = review_scores.read_scores(path)
  if found is None:
    raise ValueError(f'{path}: cannot be read; run this again with --set enable_cache=false')
  by_text = dict(zip(found.text_hash.tolist(), found.score.tolist()))
  return [by_text[review_scores.hash_text(review.text.encode())] for review in reviews]
