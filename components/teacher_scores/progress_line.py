"""The line for the terminal: which teacher has scored how many texts, and what it may have seen."""

from components.common import progress_line


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  name, scored, available, seen_eval = (
      execution.value('teacher_scores', key) for key in ('teacher', 'scored', 'available', 'seen_eval'))
  text = f'{scored:,} of {available:,} texts scored by {name}'
  if seen_eval:
    text += ', which may have seen eval: figures on eval are optimistic'
  return progress_line.Description(text, warning=bool(seen_eval))
