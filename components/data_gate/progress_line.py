"""The line for the terminal: that the data passed, what was measured, and how it has drifted."""

from components.common import progress_line


def drift(execution: progress_line.Execution) -> str:
  """Return how the data has drifted from the previous data; empty if it has not."""
  return execution.value('blessing', 'drift') or ''


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  text = ', '.join(['data checks passed', *_describe_measurements(execution)])
  found = drift(execution)
  if not found:
    return progress_line.Description(text)
  return progress_line.Description(f'{text}; WARNING: drift from the previous data: {found}', warning=True)


def _describe_measurements(execution: progress_line.Execution) -> list[str]:
  accuracy, auc, oov, previous_oov = (
      execution.value('blessing', name)
      for name in ('served_accuracy', 'domain_auc', 'oov_share', 'previous_oov_share'))
  parts = []
  if accuracy is not None:
    parts.append(f'served model: accuracy {accuracy:.3f}')
  if oov is not None:
    parts.append(f'OOV {oov:.1%} (previous data {previous_oov:.1%})')
  if auc is not None:
    parts.append(f'new against previous texts: AUC {auc:.2f}')
  return parts
