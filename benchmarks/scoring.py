"""Raw text to score, each side in a process of its own: against scikit-learn and against TFX's IMDB example.

Batches of 256 come from one thread per core, single reviews one after another. Loading includes TensorFlow's import.
"""

from concurrent import futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from typing import Any, Callable

import psutil

from benchmarks import data
from benchmarks import example_pipeline
from benchmarks import pipeline_runs
from benchmarks import report
from benchmarks import sklearn_models

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
_BATCH, _SINGLES, _TEXTS = 256, 200, 6_000
_UNITS = {'single p50': ('ms', 'lower'), 'batched': ('reviews/s', 'higher'), 'loading': ('s', 'lower'),
          'memory': ('MB', 'lower')}


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  import joblib  # pylint: disable=import-outside-toplevel  # the measured processes must not spend memory on it
  path = data.write_csv(settings, with_split=True)
  splits = sklearn_models.read_csv(path)
  texts = settings.directory / 'texts.json'
  texts.write_text(json.dumps(splits['test'][0][:_TEXTS]), encoding='utf-8')
  fitted = settings.directory / 'unigrams.joblib'
  joblib.dump(sklearn_models.unigrams().fit(*splits['train']), fitted)
  output_dir = settings.directory / 'example'
  example_pipeline.run(settings, data.write_csv(settings, with_split=False).parent, output_dir, [1])
  example = max((output_dir / 'serving').iterdir())
  rows = []
  for model, kind, other, name in (('bow_sparse', 'sklearn', fitted, "scikit-learn's unigrams"),
                                   ('cnn', 'sklearn', fitted, "scikit-learn's unigrams"),
                                   ('cnn', 'example', example, "TFX's example")):
    pushed = pipeline_runs.pushed_model(settings, path, model)
    project, reference = report.alternate(
        lambda unused_turn, pushed=pushed: _run_process('project', pushed, texts),
        lambda unused_turn, kind=kind, other=other: _run_process(kind, other, texts), settings.repeats)
    rows += [report.Row('scoring', f'{model} and {name}, {what}', project[what], reference[what], *_UNITS[what])
             for what in _UNITS]
  return rows


def _run_process(kind, path, texts):
  command = [sys.executable, '-m', 'benchmarks.scoring', kind, str(path), str(texts)]
  environment = {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'}
  output = subprocess.run(
      command, cwd=_PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
      check=True).stdout
  return json.loads(output)


def _load_scorer(kind, path) -> Callable[[list[str]], Any]:
  """Return the function from a list of texts to their scores."""
  # pylint: disable=import-outside-toplevel
  if kind == 'sklearn':
    import joblib
    return joblib.load(path).predict_proba
  import tensorflow as tf

  from components.common import examples
  model = tf.saved_model.load(path)
  if kind == 'project':
    signature = model.signatures['predict_text']
    return lambda texts: signature(text=tf.constant(texts))['scores'].numpy()
  signature = model.signatures['serving_default']

  def score(texts):
    records = [examples.encode_example(text.encode()).SerializeToString() for text in texts]
    return list(signature(examples=tf.constant(records)).values())[0].numpy()

  return score


def main(kind: str, path: str, texts_path: str) -> None:
  """Print the figures of one side as JSON.

  Args:
    kind: project, sklearn or example.
    path: of its model.
    texts_path: a JSON list of texts.
  """
  texts = json.loads(pathlib.Path(texts_path).read_text(encoding='utf-8'))
  start = time.perf_counter()
  score = _load_scorer(kind, path)
  loading = time.perf_counter() - start
  for batch in (texts[:_BATCH], texts[:1]):  # the first of each size takes longer
    score(batch)
  singles = []
  for text in texts[:_SINGLES]:
    start = time.perf_counter()
    score([text])
    singles.append(time.perf_counter() - start)
  start = time.perf_counter()
  with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(score, [texts[first:first + _BATCH] for first in range(0, len(texts), _BATCH)]))
  batched = len(texts) / (time.perf_counter() - start)
  print(json.dumps({'single p50': 1000 * statistics.median(singles), 'batched': batched, 'loading': loading,
                    'memory': psutil.Process().memory_info().rss / 2**20}))


if __name__ == '__main__':
  main(*sys.argv[1:])
