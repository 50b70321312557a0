"""The line for the terminal: the checkpoint that was exported."""

from components.common import description


def describe(execution: description.Execution) -> description.Description:
  """Return the line for the terminal."""
  step, accuracy, loss = (execution.value('model', name) for name in ('step', 'accuracy', 'average_loss'))
  return description.Description(f'best checkpoint: step {step:,}, eval accuracy {accuracy:.4f}, eval loss {loss:.4f}')
