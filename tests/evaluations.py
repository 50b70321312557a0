"""Evaluations of given scores, made as the Evaluator makes those of a model."""

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.evaluator import extractors


def evaluate(frame, config, directory):
  """Evaluate scores and write the results.

  Args:
    frame: the columns label, score and the features of the slices; a row for each example.
    config: tfma.EvalConfig as pipeline.evaluation.eval_config returns it, without a change threshold.
    directory: of the results, which components.common.evaluation_results reads.
  """
  del config.model_specs[:]
  config.model_specs.add()
  config = tfma.utils.update_eval_config_with_defaults(config)
  columns = {name: column.to_numpy()[:, np.newaxis] for name, column in frame.items()}
  batch = {'labels': columns.pop('label'), 'predictions': columns.pop('score'), 'features': columns}
  evaluator = tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config)
  with beam.Pipeline() as pipeline:
    results = (pipeline | beam.Create([batch]) | beam.FlatMap(extractors.by_slice, list(config.slicing_specs))
               | evaluator.stage_name >> evaluator.ptransform)
    for writer in tfma.default_writers(str(directory), eval_config=config):
      results | writer.stage_name >> writer.ptransform  # pylint: disable=expression-not-assigned
