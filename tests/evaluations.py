"""Evaluations of given scores, made as the Evaluator makes those of a model."""

from components.evaluator import score_evaluation


def evaluate(frame, config, directory):
  """Evaluate scores and write the results.

  Args:
    frame: the columns label, score and the features of the slices; a row for each example.
    config: tfma.EvalConfig as pipeline.evaluation.eval_config returns it, without a change threshold.
    directory: of the results, which components.common.evaluation_results reads.
  """
  batch = {name: column.to_numpy() for name, column in frame.items()}
  score_evaluation.evaluate_scores([batch], config, str(directory))
