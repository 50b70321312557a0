"""What TensorBoard shows of one evaluated model: a folder made of the artifacts of its run, and of nothing else.

`train` and `eval` are what the Estimator wrote while it trained; `test` is what the Evaluator found. The folder itself
holds the hyper-parameters, what the exported checkpoint reached, its embeddings, and reviews of eval with their scores.
"""

import contextlib
import glob
import os
import shutil

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

MOST_ROWS = 10_000  # of an embedding: more are slow in a browser; the most frequent words, or the most telling n-grams
_SCORED_REVIEWS, _SHOWN_REVIEWS, _SHOWN_LETTERS = 400, 6, 600
# Names of the Evaluator's metrics -> those of the Estimator's.
_METRICS = {
    'binary_accuracy': 'accuracy', 'auc': 'auc', 'auc_precision_recall': 'auc_precision_recall',
    'precision': 'precision', 'recall': 'recall', 'log_loss': 'average_loss'}
_EXPORTED = ('accuracy', 'auc', 'average_loss')  # on eval
_COST = ('training_seconds', 'parameters')


def hparams_of(run: runs.Run) -> dict:
  """What a run was set to."""
  return {'model': run.model, **{name: run.properties[name] for name in ('preset', 'seed')}, **run.hparams()}


def _metrics() -> list[hparams_api.Metric]:
  """The columns beside the hyper-parameters."""
  on_test = [hparams_api.Metric(name, group='test', display_name=f'test: {name}') for name in _METRICS.values()]
  on_eval = [hparams_api.Metric(f'exported/{name}', display_name=f'eval: {name}') for name in _EXPORTED]
  cost = [hparams_api.Metric(f'exported/{name}', display_name=name.replace('_', ' ')) for name in _COST]
  return on_eval + on_test + cost


def write(run: runs.Run, name: str, folder: str, mark: str) -> None:
  """Writes the folder of a run.

  Args:
    run: the evaluated model.
    name: its readable name.
    folder: to be made.
    mark: the end of the name of the folder's own event file.
  """
  _copy_events(run.model_run, os.path.join(folder, 'train'))
  _copy_events(os.path.join(run.model_run, 'eval'), os.path.join(folder, 'eval'))
  step = run.properties['step']
  with _writing(os.path.join(folder, 'test')):
    for evaluators, estimators in _METRICS.items():
      if evaluators in run.results['metrics']:
        tf.summary.scalar(estimators, run.results['metrics'][evaluators], step)
    _raw(_curve(run), step)
  with _writing(folder, mark):
    _raw(hparams_api.hparams_pb(hparams_of(run), trial_id=name, start_time_secs=run.trained_at), 0)
    for each in (*_EXPORTED, *_COST):
      tf.summary.scalar(f'exported/{each}', run.properties[each], step)
    for title, reviews in _samples(run).items():
      tf.summary.text(f'reviews of eval/{title}', reviews, step)
    _raw(hparams_summary.session_end_pb(api_pb2.STATUS_SUCCESS), 0)
  write_embeddings(run.embeddings(), folder)


def write_columns(names: list[str], folder: str, mark: str) -> None:
  """Writes an event file that says which hyper-parameters, and which metrics, TensorBoard compares."""
  with _writing(folder, mark):
    _raw(hparams_api.hparams_config_pb([hparams_api.HParam(name) for name in names], _metrics()), 0)


@contextlib.contextmanager
def _writing(folder, mark=''):
  writer = tf.summary.create_file_writer(folder, filename_suffix=f'.{mark or "v2"}')
  with writer.as_default():
    yield
  writer.close()


def _raw(summary, step):
  tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step)


def _copy_events(source, folder):
  os.makedirs(folder)
  for path in glob.glob(os.path.join(glob.escape(source), 'events.*')):
    shutil.copy(path, folder)


def _curve(run):
  """The precision-recall curve on test, under the name that it has on eval."""
  matrices = [matrix for matrix in evaluation_summary.read_confusion_matrices(run.evaluation) if matrix.threshold >= 0]
  columns = [[getattr(matrix, name) for matrix in matrices] for name in (
      'true_positives', 'false_positives', 'true_negatives', 'false_negatives', 'precision', 'recall')]
  summary = pr_curve.raw_data_pb(summaries.PR_CURVE, *np.nan_to_num(columns), num_thresholds=len(matrices))
  summary.value[0].tag = summaries.PR_CURVE_TAG
  return summary


def _samples(run) -> dict[str, str]:
  """Markdown of some reviews of eval with their scores."""
  reviews = run.reviews('eval', _SCORED_REVIEWS)
  reviews['score'] = run.score(reviews.text)
  distance = (reviews.score - reviews.label).abs()
  chosen = {
      'most wrong': distance.nlargest(_SHOWN_REVIEWS),
      'least sure': (reviews.score - 0.5).abs().nsmallest(_SHOWN_REVIEWS),
      'most right': distance.nsmallest(_SHOWN_REVIEWS),
  }
  return {title: _listed(reviews.loc[rows.index]) for title, rows in chosen.items()}


def _listed(reviews):
  return '\n\n'.join(f'**score {row.score:.4f}, label {"positive" if row.label else "negative"}:** {_plain(row.text)}'
                     for row in reviews.itertuples())


def _plain(text):
  """The start of a text as Markdown that means it literally."""
  text = ' '.join(text.replace('<br />', ' ').split())
  text = text if len(text) <= _SHOWN_LETTERS else f'{text[:_SHOWN_LETTERS]} …'
  return ''.join(f'&#{ord(letter)};' if letter in '\\`*_[]()<>|&#~!:' else letter for letter in text)


def write_embeddings(embeddings, folder):
  """The rows of each embedding and what they stand for, for TensorBoard's projector."""
  config = projector.ProjectorConfig()
  for number, (name, (rows, labels)) in enumerate(embeddings.items()):
    rows, labels = rows[:MOST_ROWS], labels[:MOST_ROWS]
    tensor, names = f'embedding-{number}.bytes', f'embedding-{number}.tsv'
    rows.astype(np.float32).tofile(os.path.join(folder, tensor))
    with open(os.path.join(folder, names), 'w', encoding='utf-8') as file:
      file.writelines(f'{label}\n' for label in labels)
    config.embeddings.add(tensor_name=name, tensor_path=tensor, tensor_shape=rows.shape, metadata_path=names)
  if embeddings:
    projector.visualize_embeddings(folder, config)
