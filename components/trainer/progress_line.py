"""The line for the terminal: the checkpoint that was exported."""

from components.common import progress_line


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  step, accuracy, loss = (execution.value('model', name) for name in ('step', 'accuracy', 'average_loss'))
  return progress_line.Description(
      f'best checkpoint: step {step:,}, eval accuracy {accuracy:.4f}, eval loss {loss:.4f}')
