"""Compares models: each is trained and evaluated by the same pipeline, and gets a row in one table."""

import csv
import os
import time
from typing import NamedTuple, Optional

from components.behaviour_validator import cases
from components.behaviour_validator import progress_line as behaviour_progress_line
from components.common import evaluation_summary
from components.common import examples
from components.common import files
from components.common import paired_test
from components.common import review_scores
from components.common import scoring
from components.evaluator import progress_line as evaluator_progress_line
from models import features
from pipeline.config import PipelineConfig
from pipeline.pipeline import COMPARISON
from pipeline.results import metadata

_TIMED_EXAMPLES = 2_048
# Column -> its format in the Markdown table.
_FORMATS = {
    'model': '{}', 'accuracy': '{:.4f}', 'auc': '{:.4f}', 'auc_pr': '{:.4f}', 'log_loss': '{:.4f}',
    'calibration_error': '{:.4f}', 'parameters': '{:,}', 'training_seconds': '{:.0f}', 'reviews_per_second': '{:,.0f}',
    'megabytes': '{:.1f}', 'eval_accuracy': '{:.4f}', 'invariance': '{:.2f}', 'direction': '{:.2f}',
    'negation': '{:.2f}', 'composition': '{:.2f}', 'minimum_functionality': '{:.2f}', 'fairness': '{:.2f}',
    'neutral': '{:.2f}', 'writing': '{:.2f}', 'blessed': '{}',
    'limited': '{}', 'difference': '{:+.4f}', 'difference_low': '{:+.4f}', 'difference_high': '{:+.4f}'}


class Row(NamedTuple):
  """A model's row of the table; the fields are the columns of comparison.csv.

  Attributes:
    model: the model's name.
    accuracy: on test, at the decision threshold 0.5; likewise the metrics up to `calibration_error`.
    auc: area under the ROC curve.
    auc_pr: area under the precision-recall curve.
    log_loss: mean negative logarithm of the probability of the label.
    calibration_error: expected calibration error.
    parameters: number of trainable parameters.
    training_seconds: wall time of the training.
    reviews_per_second: raw texts scored per second in this process.
    megabytes: size of the exported model, in 10^6 bytes.
    eval_accuracy: on eval; the model with the best one is selected.
    invariance: pass rate (0 to 1) of these behaviour tests, None if the domain has none; likewise the next seven.
    direction: likewise.
    negation: likewise.
    composition: likewise.
    minimum_functionality: likewise.
    fairness: likewise.
    neutral: likewise.
    writing: likewise.
    blessed: whether the model meets all thresholds.
    limited: whether it has limits nevertheless, such as not to read negation: it does not meet the default thresholds.
    difference: accuracy minus that of the model with the best one; see components.common.paired_test.
    difference_low: lower end of its 95 % interval.
    difference_high: upper end.
  """

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
  eval_accuracy: float
  invariance: Optional[float]
  direction: Optional[float]
  negation: Optional[float]
  composition: Optional[float]
  minimum_functionality: Optional[float]
  fairness: Optional[float]
  neutral: Optional[float]
  writing: Optional[float]
  blessed: bool
  limited: bool
  difference: Optional[float] = None
  difference_low: Optional[float] = None
  difference_high: Optional[float] = None


def measure_model(config: PipelineConfig) -> Row:
  """Measure the model that a comparison has just trained and evaluated.

  Args:
    config: of that model's pipeline.

  Returns:
    The model's row.
  """
  store = metadata.Store(config.output_dir)
  evaluator, trainer, behaviour = (
      store.latest_execution(name) for name in (COMPARISON, 'Trainer', 'BehaviourValidator'))
  found = evaluator_progress_line.load_evaluation(evaluator)
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
      reviews_per_second=_texts_per_second(saved_model, _test_texts(store)),
      megabytes=sum(os.path.getsize(os.path.join(folder, name))
                    for folder, _, names in os.walk(saved_model) for name in names) / 1e6,
      eval_accuracy=trainer.value('model', 'accuracy'),
      **{**dict.fromkeys(cases.CAPABILITIES), **behaviour_progress_line.pass_rates(behaviour)},
      blessed=found.blessed and bool(behaviour.value('report', 'blessed')),
      limited=bool(behaviour_progress_line.limits(behaviour)),
  )


def add_differences(rows: list[Row], evaluations: list[str]) -> list[Row]:
  """Compare each model with the one with the best accuracy, on the same reviews.

  Args:
    rows: of the models.
    evaluations: directories of their evaluation artifacts.

  Returns:
    The rows with their differences.
  """
  scores = [review_scores.read_scores(os.path.join(path, review_scores.FILE)) for path in evaluations]
  best = scores[max(range(len(rows)), key=lambda index: rows[index].accuracy)]
  result = []
  for row, own in zip(rows, scores):
    if own is not None and best is not None and own.data_hash == best.data_hash:
      found = paired_test.compare_accuracies(own.is_correct, best.is_correct)
      row = row._replace(
          difference=found.value, difference_low=found.interval[0], difference_high=found.interval[1])
    result.append(row)
  return result


def select_best(rows: list[Row]) -> Optional[str]:
  """Return the blessed model with the best eval accuracy, or None if no model is blessed.

  Test metrics must not select a model, because they would then overestimate it.
  """
  best = max((row for row in rows if row.blessed), key=lambda row: row.eval_accuracy, default=None)
  return best and best.model


def _test_texts(store: metadata.Store) -> list[str]:
  """Return the first texts of test, for the timing."""
  uri = store.latest_execution('ImdbExampleGen').uri('examples')
  return [example.text.decode() for example in examples.read_examples(uri, features.SPLITS[-1], _TIMED_EXAMPLES)]


def _texts_per_second(saved_model: str, texts: list[str]) -> float:
  """Measure how many raw texts a model scores per second, after a first pass that warms it up."""
  score = scoring.load_scorer(saved_model)
  for _ in range(2):
    start = time.perf_counter()
    score(texts)
  return len(texts) / (time.perf_counter() - start)


def write_tables(rows: list[Row], directory: str) -> tuple[str, str]:
  """Write comparison.csv and comparison.md.

  Args:
    rows: of the models.
    directory: created if it does not exist.

  Returns:
    The paths of the two files.
  """
  os.makedirs(directory, exist_ok=True)
  csv_path, markdown_path = (os.path.join(directory, f'comparison.{ending}') for ending in ('csv', 'md'))
  with files.write_atomically(csv_path, newline='') as file:
    csv.writer(file).writerows([Row._fields, *rows])
  lines = [[name.replace('_', ' ') for name in _FORMATS], ['---'] * len(_FORMATS)]
  lines += [['' if (value := getattr(row, name)) is None else form.format(value) for name, form in _FORMATS.items()]
            for row in rows]
  with files.write_atomically(markdown_path) as file:
    file.writelines(f'| {" | ".join(line)} |\n' for line in lines)
  return csv_path, markdown_path
