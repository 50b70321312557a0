"""The line for the terminal: the metrics on test, and whether the model meets the thresholds."""

from components.common import evaluation_results
from components.common import progress_line


def load_evaluation(execution: progress_line.Execution) -> evaluation_results.Evaluation:
  """Return the metrics on test, those of the baseline, and which thresholds are not met."""
  return evaluation_results.load_evaluation(execution.uri('evaluation'))


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  evaluation = load_evaluation(execution)
  metrics = f'test: accuracy {evaluation.metrics["binary_accuracy"]:.4f}, AUC {evaluation.metrics["auc"]:.4f}'
  for compared in evaluation.comparison.compared if evaluation.comparison else ():
    metrics += f'; {compared.change} against {compared.name}'
  if evaluation.blessed:
    return progress_line.Description(f'{metrics}, blessed')
  return progress_line.Description(
      f'{metrics}, NOT blessed: {progress_line.first_of(evaluation.failures)}', warning=True)
