"""The line for the terminal: how fast the model loads and answers, or why it cannot be served."""

from typing import Optional

from components.common import progress_line


def refusal(execution: progress_line.Execution) -> Optional[str]:
  """Return why the model must not be served; None if it may be."""
  if execution.value('blessing', 'blessed'):
    return None
  return str(execution.value('blessing', 'reason') or 'refused by ServingValidator')


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  reason = refusal(execution)
  if reason:
    return progress_line.Description(f'REFUSED: {reason}', warning=True)
  load_seconds, p50, p99, memory = (
      execution.value('blessing', name) for name in ('load_seconds', 'p50_ms', 'p99_ms', 'memory_mb'))
  if load_seconds is None:  # of TFX's InfraValidator, which measures nothing
    return progress_line.Description('TensorFlow Serving loads it and answers')
  text = f'loads in {load_seconds:.1f} s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, peak memory {memory:,.0f} MB'
  cpu_ratio, memory_ratio = (execution.value('blessing', name) for name in ('cpu_ratio', 'memory_ratio'))
  if cpu_ratio is not None and memory_ratio is not None:
    text += f'; {cpu_ratio:.1f} times the CPU time and {memory_ratio:.1f} times the memory of the served model'
  elif execution.value('blessing', 'not_compared'):
    text += f'; not compared with the served model: {execution.value("blessing", "not_compared")}'
  return progress_line.Description(text)
