"""Raw text to score in one process, each side in a fresh one: against scikit-learn and TFX's IMDB example.

Batches of 256 come from a thread per core; single reviews one after another. Loading includes TensorFlow's import.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

from benchmarks import data
from benchmarks import example_pipeline
from benchmarks import pipeline_runs
from benchmarks import report
from benchmarks import scikit
from components.common import examples

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
_BATCH, _SINGLES = 256, 200
_UNITS = {'single p50': ('ms', 'lower'), 'batched': ('reviews/s', 'higher'), 'loading': ('s', 'lower'),
          'memory': ('MB', 'lower')}


def measure(settings):
  """The rows of this piece."""
  import joblib  # pylint: disable=import-outside-toplevel
  path = data.csv_file(settings, with_split=True)
  splits = scikit.read(path)
  texts = settings.directory / 'texts.json'
  texts.write_text(json.dumps(splits['test'][0][:6000]), encoding='utf-8')
  fitted = settings.directory / 'unigrams.joblib'
  joblib.dump(scikit.unigrams().fit(*splits['train']), fitted)
  output_dir = settings.directory / 'example'
  example_pipeline.run(settings, data.csv_file(settings, with_split=False).parent, output_dir, [1])
  example = max((output_dir / 'serving').iterdir())
  rows = []
  for model, kind, other, name in (('bow_sparse', 'scikit', fitted, "scikit-learn's unigrams"),
                                   ('cnn', 'scikit', fitted, "scikit-learn's unigrams"),
                                   ('cnn', 'example', example, "TFX's example")):
    pushed = pipeline_runs.pushed(settings, path, model)
    mine, theirs = report.alternate(
        lambda unused_turn, pushed=pushed: _process('ours', pushed, texts),
        lambda unused_turn, kind=kind, other=other: _process(kind, other, texts), settings.repeats)
    rows += [report.Row('scoring', f'{model} and {name}, {what}', mine[what], theirs[what], *_UNITS[what])
             for what in _UNITS]
  return rows


def _process(kind, path, texts):
  command = [sys.executable, '-m', 'benchmarks.scoring', kind, str(path), str(texts)]
  environment = {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'}
  found = subprocess.run(
      command, cwd=_PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
  return json.loads(found.stdout)


def _scorer(kind, path):
  """The function from a list of texts to their scores."""
  # pylint: disable=import-outside-toplevel
  if kind == 'scikit':
    import joblib
    return joblib.load(path).predict_proba
  import tensorflow as tf
  model = tf.saved_model.load(path)
  if kind == 'ours':
    signature = model.signatures['predict_text']
    return lambda texts: signature(text=tf.constant(texts))['scores'].numpy()
  signature = model.signatures['serving_default']

  def score(texts):
    records = [examples.encode_example(text.encode()).SerializeToString() for text in texts]
    return list(signature(examples=tf.constant(records)).values())[0].numpy()

  return score


def main(kind, path, texts):
  """Prints the figures of one side."""
  # pylint: disable=import-outside-toplevel
  from concurrent import futures
  import statistics

  import psutil
  with open(texts, encoding='utf-8') as file:
    texts = json.load(file)
  start = time.perf_counter()
  score = _scorer(kind, path)
  loading = time.perf_counter() - start
  score(texts[:_BATCH]), score(texts[:1])  # pylint: disable=expression-not-assigned  # warm
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
