"""Metrics of given scores, computed as the Evaluator computes those of a model."""

from typing import Any, Iterable, Mapping

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.evaluator import extractors

LABEL, SCORE = 'label', 'score'


def evaluate_scores(batches: Iterable[Mapping[str, np.ndarray]], config: tfma.EvalConfig, directory: str) -> None:
  """Evaluate scores and write the results.

  Args:
    batches: columns [texts] by name: LABEL, SCORE and the features of the slices.
    config: as pipeline.evaluation.eval_config returns it; its models are ignored.
    directory: of the results, which components.common.evaluation_results reads.
  """
  del config.model_specs[:]
  config.model_specs.add()
  config = tfma.utils.update_eval_config_with_defaults(config)
  evaluator = tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config)
  with beam.Pipeline() as pipeline:
    results = (pipeline | beam.Create(list(map(_to_extracts, batches)))
               | beam.FlatMap(extractors.by_slice, list(config.slicing_specs))
               | evaluator.stage_name >> evaluator.ptransform)
    for writer in tfma.default_writers(directory, eval_config=config):
      results | writer.stage_name >> writer.ptransform  # pylint: disable=expression-not-assigned


def _to_extracts(batch: Mapping[str, np.ndarray]) -> dict[str, Any]:
  """Return TFMA's extracts of a batch, whose arrays are [texts, 1]."""
  columns = {name: np.asarray(column)[:, np.newaxis] for name, column in batch.items()}
  return {tfma.LABELS_KEY: columns.pop(LABEL), tfma.PREDICTIONS_KEY: columns.pop(SCORE), tfma.FEATURES_KEY: columns}
