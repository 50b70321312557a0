"""Compares models: each trained and evaluated by the same pipeline, one table."""

import csv
import os
import time
from typing import NamedTuple, Optional

import tensorflow as tf

from components.behaviour_validator import description as behaviour_description
from components.common import evaluation_summary
from components.common import examples
from components.evaluator import description as evaluator_description
from components.imdb_example_gen import readers
from models import features
from pipeline.results import metadata
from pipeline.config import PipelineConfig
from pipeline.pipeline import COMPARISON

_TIMED_REVIEWS, _BATCH = 2_048, 256


class Row(NamedTuple):
  """What the table says of a model; measured on test where nothing else is said."""

  model: str
  accuracy: float
  auc: float
  auc_pr: float
  log_loss: float
  calibration_error: float
  parameters: int
  training_seconds: float
  reviews_per_second: float
  megabytes: float
  eval_accuracy: float  # on eval: by this one the best is chosen
  invariance: float  # share of the behaviour tests passed; likewise the next three
  direction: float
  negation: float
  minimum_functionality: float
  blessed: bool


def measure(config: PipelineConfig) -> Row:
  """The row of the model that a comparison run has just trained and evaluated."""
  store = metadata.Store(config.output_dir)
  evaluator, trainer, behaviour = (store.latest_execution(name) for name in (COMPARISON, 'Trainer', 'BehaviourValidator'))
  found = evaluator_description.load_evaluation(evaluator)
  saved_model = metadata.exported_model(trainer)
  return Row(
      model=config.model,
      accuracy=found.metrics['binary_accuracy'],
      auc=found.metrics['auc'],
      auc_pr=found.metrics['auc_precision_recall'],
      log_loss=found.metrics['log_loss'],
      calibration_error=evaluation_summary.read_summary(evaluator.uri('evaluation'))['calibration']['expected_error'],
      parameters=trainer.value('model', 'parameters'),
      training_seconds=trainer.value('model', 'training_seconds'),
      reviews_per_second=_speed(saved_model, _raw_reviews(store)),
      megabytes=sum(os.path.getsize(os.path.join(folder, name))
                    for folder, _, names in os.walk(saved_model) for name in names) / 1e6,
      eval_accuracy=trainer.value('model', 'accuracy'),
      **behaviour_description.pass_rates(behaviour),
      blessed=found.blessed and bool(behaviour.value('report', 'blessed')),
  )


def best(rows: list[Row]) -> Optional[str]:
  """The blessed model with the highest accuracy on eval; None where none is blessed. Test decides nothing here."""
  found = max((row for row in rows if row.blessed), key=lambda row: row.eval_accuracy, default=None)
  return found and found.model


def _raw_reviews(store: metadata.Store) -> list[bytes]:
  """Texts of test reviews, for the timing."""
  uri = store.latest_execution('ImdbExampleGen').uri('examples')
  return [example.text for example in examples.read_examples(uri, readers.SPLITS[-1], _TIMED_REVIEWS)]


def _speed(saved_model: str, texts: list[bytes]) -> float:
  """Raw reviews scored per second in batches, the first pass, which warms up, left out."""
  score = tf.saved_model.load(saved_model).signatures[features.TEXT_SIGNATURE]
  batches = [tf.constant(texts[start:start + _BATCH]) for start in range(0, len(texts), _BATCH)]
  for _ in range(2):
    start = time.perf_counter()
    for batch in batches:
      score(text=batch)
  return len(texts) / (time.perf_counter() - start)


_COLUMNS = (
    ('model', '{}'), ('accuracy', '{:.4f}'), ('auc', '{:.4f}'), ('auc_pr', '{:.4f}'), ('log_loss', '{:.4f}'),
    ('calibration_error', '{:.4f}'), ('parameters', '{:,}'), ('training_seconds', '{:.0f}'),
    ('reviews_per_second', '{:,.0f}'), ('megabytes', '{:.1f}'), ('eval_accuracy', '{:.4f}'), ('invariance', '{:.2f}'),
    ('direction', '{:.2f}'), ('negation', '{:.2f}'), ('minimum_functionality', '{:.2f}'), ('blessed', '{}'))


def write(rows: list[Row], directory: str) -> tuple[str, str]:
  """Writes comparison.csv and comparison.md; returns their paths."""
  os.makedirs(directory, exist_ok=True)
  table, text = (os.path.join(directory, f'comparison.{ending}') for ending in ('csv', 'md'))
  with open(table, 'w', newline='', encoding='utf-8') as file:
    csv.writer(file).writerows([Row._fields, *rows])
  lines = [[name.replace('_', ' ') for name, _ in _COLUMNS], ['---'] * len(_COLUMNS)]
  lines += [[form.format(getattr(row, name)) for name, form in _COLUMNS] for row in rows]
  with open(text, 'w', encoding='utf-8') as file:
    file.writelines(f'| {" | ".join(line)} |\n' for line in lines)
  return table, text
