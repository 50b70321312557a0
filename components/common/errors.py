"""Errors of libraries, for messages of one line. Needs the standard library only."""

_MAX_CHARACTERS = 200  # of a message: TensorFlow's run to pages


def summarize(error: BaseException) -> str:
  """Return an error's type and the start of its message.

  Args:
    error: any exception.

  Returns:
    One line, such as `TimeoutError: timed out`.
  """
  return f'{type(error).__name__}: {" ".join(str(error).split())[:_MAX_CHARACTERS]}'
