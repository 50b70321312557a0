"""Shows the progress of a run: one line per finished component, and what the current one does."""

import logging
import time
from typing import Callable, Optional

import rich.console
import rich.progress
import rich.text

from compat import tfx_log_messages
from components.common import progress_line
from pipeline.local import interruption

# Whose messages are shown.
_LOGGERS = 'models.training.loop', 'components.teacher_scores.shards', 'components.evaluator.score_writer'
_PAUSE = 10.0  # seconds between two lines about a long step if no terminal can redraw a line


class Progress(logging.Handler):
  """A log handler that follows LocalDagRunner, the training, the evaluation and the scoring by a teacher.

  It also ends the run if a library swallowed a Ctrl-C.

  Attributes:
    current: the component that is running, or the last one that ran.
    executed: the components that ran.
    cached: the components whose previous outputs were reused.
    descriptions: the text of the description that was shown of each component.
  """

  def __init__(self, console: rich.console.Console,
               describe: Callable[[str], tuple[Optional[bool], progress_line.Description]]):
    """Initialize the handler; `with` adds it to the root logger.

    Args:
      console: where to show the progress.
      describe: component -> (cached, description), called when the component is finished; cached is None for a
        resolver, which is neither executed nor cached.
    """
    super().__init__(logging.DEBUG)
    self.current = ''
    self.executed: list[str] = []
    self.cached: list[str] = []
    self.descriptions: dict[str, str] = {}
    self._console, self._describe, self._start, self._last_line = console, describe, 0.0, 0.0
    self._redraws = console.is_terminal and not console.is_dumb_terminal
    self._status = rich.progress.Progress(
        rich.progress.SpinnerColumn(), rich.progress.TextColumn('{task.description}', markup=False),
        rich.progress.TimeElapsedColumn(), console=console, transient=True,
        redirect_stdout=False, redirect_stderr=False)  # both go to the log
    self._task: Optional[rich.progress.TaskID] = None

  def __enter__(self) -> 'Progress':
    logging.getLogger().addHandler(self)
    for name in _LOGGERS:
      logging.getLogger(name).setLevel(logging.DEBUG)
    if self._redraws:
      self._status.start()
    return self

  def __exit__(self, *unused: object) -> None:
    if self._redraws:
      self._status.stop()
    logging.getLogger().removeHandler(self)

  def emit(self, record: logging.LogRecord) -> None:
    """Show the progress that a log record reports; see `logging.Handler`."""
    if record.msg == tfx_log_messages.COMPONENT_RUNNING:
      self.current, self._start = _node_id(record), time.monotonic()
      self._show_start()
    elif record.msg == tfx_log_messages.COMPONENT_FINISHED:
      self._show_end(_node_id(record), time.monotonic() - self._start)
    elif record.name in _LOGGERS:
      self._show_message(record)
    else:
      return
    interruption.check()

  def _show_start(self) -> None:
    if self._task is not None:
      self._status.remove_task(self._task)
    self._task = self._status.add_task(self.current, total=None)

  def _show_message(self, record: logging.LogRecord) -> None:
    if self._task is not None:
      self._status.update(self._task, description=f'{self.current}: {record.getMessage()}')
    if record.levelno >= logging.INFO and not self._redraws and time.monotonic() > self._last_line + _PAUSE:
      self._last_line = time.monotonic()
      self._console.print(f'  {"":<30} {record.getMessage()}', markup=False)

  def _show_end(self, component: str, seconds: float) -> None:
    cached, described = self._describe(component)
    self.descriptions[component] = described.text
    if cached is not None:
      (self.cached if cached else self.executed).append(component)
    state = {True: 'cached', False: f'{seconds:.1f} s', None: 'resolved'}[cached]
    self._console.print(rich.text.Text.assemble(
        f'  {component:<18} ', (f'{state:>9}', 'green' if cached is False else 'dim'), '   ',
        (described.text, 'bold red' if described.warning else '')))


def _node_id(record: logging.LogRecord) -> str:
  """Return the node that a message of LocalDagRunner is about."""
  assert isinstance(record.args, tuple)
  return str(record.args[0])
