"""Errors of a run, each shown to the user as one line: what is wrong, in which file, and how to fix it."""

from components.versioned_pusher import push_and_rollback
from pipeline.engines import processes

_MAX_LENGTH = 1_000  # characters of a line
# The last one is what ML Metadata says after SQLite itself has rolled back a transaction, as it does on a full disk.
_DISK_FULL = ('No space left on device', 'database or disk is full', 'cannot commit - no transaction is active')
_JOB_FAILED = ' failed in state FAILED: '  # in Beam's message, before that of the engine
_READ_ONLY = ('Read-only file system', 'readonly database')


class RunError(Exception):
  """A component failed; the message is the component and one line for the user."""


def describe_os_error(error: OSError) -> str:
  """Return the file and the cause, such as `/tmp/a.csv: Permission denied`."""
  cause = error.strerror or str(error) or type(error).__name__
  return f'{error.filename}: {cause}' if error.filename else cause


def summarize_error(error: Exception) -> str:
  """Return one line for the user, without the stack frames that Beam and TensorFlow put into a message."""
  text = str(error)
  is_push = isinstance(error, push_and_rollback.PushError)  # already says what is served, and what to do
  if any(words in text for words in _DISK_FULL) and not is_push:
    return 'the disk is full: free some space where the output directory and TMPDIR are, and run this again'
  line = (text.strip().partition(' [while running')[0].splitlines() or [''])[-1]
  cause = text.partition(_JOB_FAILED)[2].strip()
  if cause and 'Traceback' not in cause:  # that of an engine in Java: its stack frames follow
    line = cause.splitlines()[0]
  if isinstance(error, OSError) and error.filename:
    line = describe_os_error(error)
  # The message may quote a file's content, which may be of any length and hold control sequences for the terminal.
  line = ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in line[:_MAX_LENGTH])
  if any(words in text for words in _READ_ONLY) and not is_push:
    return f'the output directory or TMPDIR became read-only: make it writable, and run this again ({line})'
  if is_push or isinstance(error, (RunError, ValueError, OSError, processes.EngineError)):
    return line
  return line.removeprefix('ValueError: ') if line.startswith('ValueError: ') else f'{type(error).__name__}: {line}'
