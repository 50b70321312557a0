"""TensorBoard's entry of one evaluated model: a folder made of the artifacts of its run alone.

`train` and `eval` hold what the Estimator wrote during the training, `test` the Evaluator's metrics. The folder itself
holds the hyper-parameters, the exported model's metrics on eval, its embeddings, and scored examples of eval.
"""

import contextlib
import glob
import os
import shutil
from typing import Any, Mapping

import numpy as np
from tensorboard.plugins import projector
from tensorboard.plugins.hparams import api as hparams_api
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams import summary as hparams_summary
from tensorboard.plugins.pr_curve import summary as pr_curve
import tensorflow as tf

from components.common import evaluation_summary
from models.training import summaries
from pipeline.results import runs

MAX_ROWS = 10_000  # of an embedding, because more are slow in a browser; rows of frequent words and n-grams come first
_SCORED_EXAMPLES, _SHOWN_EXAMPLES, _SHOWN_CHARACTERS = 400, 6, 600
# The Evaluator's names of metrics -> the Estimator's.
_METRICS = {
    'binary_accuracy': 'accuracy', 'auc': 'auc', 'auc_precision_recall': 'auc_precision_recall',
    'precision': 'precision', 'recall': 'recall', 'log_loss': 'average_loss'}
_EXPORTED = ('accuracy', 'auc', 'average_loss')  # on eval
_COST = ('training_seconds', 'parameters')


def run_settings(run: runs.Run) -> dict[str, Any]:
  """Return the settings of a run: model, preset, seed and hyper-parameters by name."""
  return {'model': run.model, **{name: run.properties[name] for name in ('preset', 'seed')}, **run.hparams()}


def _metrics() -> list[hparams_api.Metric]:
  """Return the metrics in the table of hyper-parameters."""
  on_test = [hparams_api.Metric(name, group='test', display_name=f'test: {name}') for name in _METRICS.values()]
  on_eval = [hparams_api.Metric(f'exported/{name}', display_name=f'eval: {name}') for name in _EXPORTED]
  cost = [hparams_api.Metric(f'exported/{name}', display_name=name.replace('_', ' ')) for name in _COST]
  return on_eval + on_test + cost


def write_entry(run: runs.Run, name: str, folder: str, mark: str) -> None:
  """Write the entry of a run.

  Args:
    run: the evaluated model.
    name: the entry's readable name.
    folder: path of the entry, which is created.
    mark: suffix of the entry's own event file; it identifies the run.
  """
  _copy_events(run.model_run, os.path.join(folder, 'train'))
  _copy_events(os.path.join(run.model_run, 'eval'), os.path.join(folder, 'eval'))
  step = run.properties['step']
  with _event_file(os.path.join(folder, 'test')):
    for evaluator_name, estimator_name in _METRICS.items():
      if evaluator_name in run.results['metrics']:
        tf.summary.scalar(estimator_name, run.results['metrics'][evaluator_name], step)
    _write_summary(_precision_recall_summary(run), step)
  with _event_file(folder, mark):
    _write_summary(hparams_api.hparams_pb(run_settings(run), trial_id=name, start_time_secs=run.trained_at), 0)
    for each in (*_EXPORTED, *_COST):
      tf.summary.scalar(f'exported/{each}', run.properties[each], step)
    for title, text in _example_texts(run).items():
      tf.summary.text(f'examples of eval/{title}', text, step)
    _write_summary(hparams_summary.session_end_pb(api_pb2.STATUS_SUCCESS), 0)
  write_embeddings(run.embeddings(), folder)


def write_columns(names: list[str], folder: str, mark: str) -> None:
  """Write the event file that lists which hyper-parameters and metrics TensorBoard compares.

  Args:
    names: of the hyper-parameters, in the order of the columns.
    folder: TensorBoard's log directory.
    mark: suffix of the event file; it identifies the list.
  """
  with _event_file(folder, mark):
    _write_summary(hparams_api.hparams_config_pb([hparams_api.HParam(name) for name in names], _metrics()), 0)


@contextlib.contextmanager
def _event_file(folder, mark=''):
  writer = tf.summary.create_file_writer(folder, filename_suffix=f'.{mark or "v2"}')
  with writer.as_default():
    yield
  writer.close()


def _write_summary(summary, step):
  tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step)


def _copy_events(source, folder):
  os.makedirs(folder)
  for path in glob.glob(os.path.join(glob.escape(source), 'events.*')):
    shutil.copy(path, folder)


def _precision_recall_summary(run):
  """Return the precision-recall curve on test, with the tag that the curve on eval has."""
  matrices = [matrix for matrix in evaluation_summary.read_confusion_matrices(run.evaluation) if matrix.threshold >= 0]
  columns = [[getattr(matrix, name) for matrix in matrices] for name in (
      'true_positives', 'false_positives', 'true_negatives', 'false_negatives', 'precision', 'recall')]
  summary = pr_curve.raw_data_pb(summaries.PR_CURVE, *np.nan_to_num(columns), num_thresholds=len(matrices))
  summary.value[0].tag = summaries.PR_CURVE_TAG
  return summary


def _example_texts(run: runs.Run) -> dict[str, str]:
  """Return Markdown of some examples of eval with their scores, by title."""
  examples = run.examples('eval', _SCORED_EXAMPLES)
  examples['score'] = run.score(examples.text)
  distance = (examples.score - examples.label).abs()
  chosen = {
      'most confident errors': distance.nlargest(_SHOWN_EXAMPLES),
      'least confident': (examples.score - 0.5).abs().nsmallest(_SHOWN_EXAMPLES),
      'most confident correct predictions': distance.nsmallest(_SHOWN_EXAMPLES),
  }
  return {title: _format_examples(examples.loc[rows.index]) for title, rows in chosen.items()}


def _format_examples(examples):
  return '\n\n'.join(
      f'**score {row.score:.4f}, label {"positive" if row.label else "negative"}:** {_escape_text(row.text)}'
      for row in examples.itertuples())


def _escape_text(text):
  """Return the start of a text as Markdown that shows it literally."""
  text = ' '.join(text.replace('<br />', ' ').split())
  text = text if len(text) <= _SHOWN_CHARACTERS else f'{text[:_SHOWN_CHARACTERS]} …'
  return ''.join(f'&#{ord(letter)};' if letter in '\\`*_[]()<>|&#~!:' else letter for letter in text)


def write_embeddings(embeddings: Mapping[str, tuple[np.ndarray, list[str]]], folder: str) -> None:
  """Write embeddings for TensorBoard's projector, at most MAX_ROWS of each.

  Args:
    embeddings: by name the rows, float32 [rows, dimension], and the word or n-gram of each row.
    folder: of the entry.
  """
  config = projector.ProjectorConfig()
  for number, (name, (rows, labels)) in enumerate(embeddings.items()):
    rows, labels = rows[:MAX_ROWS], labels[:MAX_ROWS]
    tensor, names = f'embedding-{number}.bytes', f'embedding-{number}.tsv'
    rows.astype(np.float32).tofile(os.path.join(folder, tensor))
    with open(os.path.join(folder, names), 'w', encoding='utf-8') as file:
      file.writelines(f'{label}\n' for label in labels)
    config.embeddings.add(tensor_name=name, tensor_path=tensor, tensor_shape=rows.shape, metadata_path=names)
  if embeddings:
    projector.visualize_embeddings(folder, config)
