"""Evaluates a pushed model on new labelled texts, as the Evaluator evaluated it on test before the push."""

import datetime
import os
import tempfile
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma

from components.common import decision
from components.common import evaluation_results
from components.common import evaluation_summary
from components.common import examples
from components.common import length_batches
from components.common import scoring
from components.decision_threshold import executor as decision_executor
from components.evaluator import score_evaluation
from components.imdb_example_gen import review as review_lib
from components.versioned_pusher import push_and_rollback
from models import features
from pipeline import evaluation

COMPARED = ('binary_accuracy', 'auc')  # metrics that are better if they are higher, with intervals
_CHUNK_TEXTS, _CHUNK_CHARACTERS = 4096, 16_000_000  # read and scored together
_SLICE_BATCH = 256
_SHOWN_BAD_ROWS = 3
_Batch = dict[str, np.ndarray]


class Scores(NamedTuple):
  """Scores of labelled texts.

  Attributes:
    batches: columns [texts] as `score_evaluation.evaluate_scores` takes them.
    unlabeled: number of texts without a label, which are in no batch.
  """

  batches: list[_Batch]
  unlabeled: int

  def column(self, name: str) -> np.ndarray:
    """Return a column of all batches."""
    return np.concatenate([batch[name] for batch in self.batches])


def score_reviews(saved_model: str, reviews: Iterable[review_lib.Review]) -> Scores:
  """Score texts batch by batch; of each, only the score and the features of the slices are kept.

  Args:
    saved_model: directory of the SavedModel.
    reviews: the texts, labelled or not.

  Returns:
    The scores, with the features of the slices that the model computes.

  Raises:
    ValueError: the model cannot be loaded, or fails, or no text has a label.
  """
  score, slices, batches, unlabeled = scoring.load_scorer(saved_model), _load_slices(saved_model), [], 0
  for chunk in length_batches.group_items(reviews, _CHUNK_TEXTS, _CHUNK_CHARACTERS, lambda review: len(review.text)):
    labelled = [review for review in chunk if review.label != features.NO_LABEL]
    unlabeled += len(chunk) - len(labelled)
    if labelled:
      texts = [review_lib.clean_text(review.text) for review in labelled]
      batches.append({
          score_evaluation.LABEL: np.array([review.label for review in labelled]),
          score_evaluation.SCORE: np.array(score([text.decode() for text in texts]), np.float32),
          features.RATING: np.array([review.rating for review in labelled]), **slices(texts)})
  if not batches:
    raise ValueError('no text has a label' if unlabeled else 'there are no texts')
  if not np.isfinite(np.concatenate([batch[score_evaluation.SCORE] for batch in batches])).all():
    raise ValueError(f'{saved_model}: the model returns scores that are no numbers')
  return Scores(batches, unlabeled)


def _load_slices(saved_model: str) -> Callable[[Sequence[bytes]], _Batch]:
  """Return a function: texts -> the features of slices that the model computes, none in very old models."""
  model = tf.saved_model.load(saved_model)
  signature = model.signatures.get(features.SLICES_SIGNATURE)

  def compute(texts):
    parts = [signature(**{features.EXAMPLES: tf.constant([
        examples.encode_example(text).SerializeToString() for text in texts[start:start + _SLICE_BATCH]])})
             for start in range(0, len(texts), _SLICE_BATCH)]
    return {name: np.concatenate([part[name].numpy() for part in parts]).astype('S') for name in parts[0]}

  # The signature's variables live only as long as the model does.
  compute.model = model  # type: ignore[attr-defined]
  return compute if signature else lambda texts: {}


def evaluate(version: push_and_rollback.Version, scores: Scores, bad_rows: Sequence[str] = ()) -> dict[str, Any]:
  """Measure scores, and compare them with what the manifest of the version has recorded.

  Args:
    version: the pushed version.
    scores: of new texts, by the version.
    bad_rows: messages about rows of the data that could not be used.

  Returns:
    JSON values: `version`, `model`, `texts` (what they are called), `created`, `counts`, the first
    `bad_rows`, the `summary` (see
    evaluation_summary.read_summary), the `curve` (its points), the `recorded` metrics and intervals, the `changes` of
    COMPARED (difference and 95 % interval), those of them that are `worse` (the interval is below 0), and the figures
    at the `decision` threshold (None without one).
  """
  labels, values = scores.column(score_evaluation.LABEL), scores.column(score_evaluation.SCORE)
  with tempfile.TemporaryDirectory(prefix='evaluation-') as directory:
    score_evaluation.evaluate_scores(scores.batches, _eval_config(scores.batches[0]), directory)
    summary = evaluation_summary.read_summary(directory)
    curve = [point._asdict() for point in evaluation_summary.read_precision_recall(directory)]
  manifest = version.manifest
  recorded = {key: manifest.get(key) or {} for key in ('metrics', 'intervals')}
  changes = _compare(summary, recorded)
  return {
      'version': version.number, 'model': manifest.get('model', {}).get('model') or 'model',
      'texts': manifest.get('domain', {}).get('texts', 'texts'),
      'created': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
      'counts': {'labeled': len(labels), 'unlabeled': scores.unlabeled, 'bad_rows': len(bad_rows)},
      'bad_rows': list(bad_rows[:_SHOWN_BAD_ROWS]),
      'summary': {key: summary[key] for key in ('metrics', 'intervals', 'matrix', 'slices', 'calibration')},
      'curve': curve, 'recorded': recorded, 'changes': changes,
      'worse': [name for name, change in changes.items() if change['interval'][1] < 0],
      'decision': _at_decision(manifest.get(decision.RECORD), values, labels),
  }


def _eval_config(batch: Mapping[str, np.ndarray]) -> tfma.EvalConfig:
  """Return the Evaluator's configuration without thresholds, and with the slices that the batches have."""
  config = evaluation.eval_config(None, None, None)
  specs = [spec for spec in config.slicing_specs if set(spec.feature_keys) <= batch.keys()]
  del config.slicing_specs[:]
  config.slicing_specs.extend(specs)
  return config


def _compare(summary: Mapping[str, Any], recorded: Mapping[str, Any]) -> dict[str, dict]:
  """Return the changes of COMPARED, as far as both were measured."""
  return {
      name: {'difference': summary['metrics'][name] - recorded['metrics'][name],
             'interval': evaluation_results.difference_interval(
                 summary['metrics'][name], summary['intervals'][name], recorded['metrics'][name],
                 recorded['intervals'][name])}
      for name in COMPARED if name in summary['intervals'] and name in recorded['intervals']}


def _at_decision(record: Optional[Mapping[str, Any]], scores: np.ndarray,
                 labels: np.ndarray) -> Optional[dict[str, Any]]:
  """Return the figures at the decision threshold, beside those on test that were `pushed`; None without a threshold."""
  if not record:
    return None
  return {'threshold': record['threshold'], 'target': record['target'], 'pushed': record['figures'][features.TEST],
          **decision_executor.measure(scores, labels, record['threshold'])}


def find_version(model_dir: str, path: str) -> push_and_rollback.Version:
  """Return a version by its directory.

  Args:
    model_dir: the directory of all versions.
    path: of the version, as `serving.client.version_path` returns it.
  """
  return next(version for version in push_and_rollback.list_versions(model_dir) if os.path.samefile(version.path, path))
