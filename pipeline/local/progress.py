"""Shows a run as it goes: a line per component, and what the present one is doing."""

import logging
import time
from typing import Callable, Optional

import rich.console
import rich.progress
import rich.text

from components.common import description
from pipeline.local import interruption

# The messages by which TFX's LocalDagRunner says where it is.
_RUNNING, _FINISHED = 'Component %s is running.', 'Component %s is finished.'
_TRAINING = 'models.training.loop'
_PAUSE = 10.0  # seconds between two lines about the training, where no terminal can show it in place


class Progress(logging.Handler):
  """A log handler that follows LocalDagRunner and the training, and ends them where a library swallowed a Ctrl-C.

  Attributes:
    current: the component that is running, or the last one that was.
    executed: the components that ran; `cached`, those whose former outputs were reused.
    descriptions: the text that was shown of each component.
  """

  def __init__(self, console: rich.console.Console, describe: Callable[[str], tuple[Optional[bool], description.Description]]):
    """Makes a handler to be added to the root logger.

    Args:
      console: where to show.
      describe: component -> (cached, description), called when the component is finished; cached is None for a
        resolver, which is neither run nor cached.
    """
    super().__init__(logging.DEBUG)
    self.current, self.executed, self.cached, self.descriptions = '', [], [], {}
    self._console, self._describe, self._start, self._said = console, describe, 0.0, 0.0
    self._redraws = console.is_terminal and not console.is_dumb_terminal
    self._status = rich.progress.Progress(
        rich.progress.SpinnerColumn(), rich.progress.TextColumn('{task.description}', markup=False),
        rich.progress.TimeElapsedColumn(), console=console, transient=True,
        redirect_stdout=False, redirect_stderr=False)  # those are the log's
    self._task = None

  def __enter__(self):
    logging.getLogger().addHandler(self)
    logging.getLogger(_TRAINING).setLevel(logging.DEBUG)
    if self._redraws:
      self._status.start()
    return self

  def __exit__(self, *unused):
    if self._redraws:
      self._status.stop()
    logging.getLogger().removeHandler(self)

  def emit(self, record):
    if record.msg == _RUNNING:
      self.current, self._start = record.args[0], time.monotonic()
      self._begin()
    elif record.msg == _FINISHED:
      self._finish(record.args[0], time.monotonic() - self._start)
    elif record.name == _TRAINING:
      self._training(record)
    else:
      return
    interruption.check()

  def _begin(self):
    if self._task is not None:
      self._status.remove_task(self._task)
    self._task = self._status.add_task(self.current, total=None)

  def _training(self, record):
    if self._task is not None:
      self._status.update(self._task, description=f'{self.current}: {record.getMessage()}')
    if record.levelno >= logging.INFO and not self._redraws and time.monotonic() > self._said + _PAUSE:
      self._said = time.monotonic()
      self._console.print(f'  {"":<30} {record.getMessage()}', markup=False)

  def _finish(self, component: str, seconds: float):
    cached, described = self._describe(component)
    self.descriptions[component] = described.text
    if cached is not None:
      (self.cached if cached else self.executed).append(component)
    state = {True: 'cached', False: f'{seconds:.1f} s', None: 'resolved'}[cached]
    self._console.print(rich.text.Text.assemble(
        f'  {component:<18} ', (f'{state:>9}', 'green' if cached is False else 'dim'), '   ',
        (described.text, 'bold red' if described.warning else '')))
