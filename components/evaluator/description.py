"""The line for the terminal: the metrics on test, and whether the model meets the thresholds."""

from components.common import description
from components.common import evaluation_results


def load_evaluation(execution: description.Execution) -> evaluation_results.Evaluation:
  """Return the metrics on test, those of the baseline, and which thresholds are not met."""
  return evaluation_results.load_evaluation(execution.uri('evaluation'))


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  evaluation = load_evaluation(execution)
  metrics = f'test: accuracy {evaluation.metrics["binary_accuracy"]:.4f}, AUC {evaluation.metrics["auc"]:.4f}'
  if evaluation.blessed:
    return description.Description(f'{metrics}, blessed')
  others = len(evaluation.failures) - 1
  more = f' (and {description.count_noun(others, "more reason", "more reasons")})' if others else ''
  return description.Description(f'{metrics}, NOT blessed: {evaluation.failures[0]}{more}', warning=True)
