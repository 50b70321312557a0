"""Shows a run as it goes: a line per component, and what the present one is doing."""

import logging
import time
from typing import Callable, Optional

import rich.console

# The messages by which TFX's LocalDagRunner says where it is.
_RUNNING, _FINISHED = 'Component %s is running.', 'Component %s is finished.'
_TRAINING = 'models.training'
_PAUSE = 10.0  # seconds between two lines about the training, where no terminal can show it in place


class Progress(logging.Handler):
  """A log handler that follows LocalDagRunner and the training.

  Attributes:
    current: the component that is running, or the last one that was.
    executed: the components that ran; `cached`, those whose former outputs were reused.
    facts: what was shown of each component.
  """

  def __init__(self, console: rich.console.Console, describe: Callable[[str], tuple[Optional[bool], str]]):
    """Makes a handler to be added to the root logger.

    Args:
      console: where to show.
      describe: component -> (cached, fact), asked when the component is finished; cached is None for a look-up in
        the metadata store, which is neither run nor cached.
    """
    super().__init__(logging.DEBUG)
    self.current, self.executed, self.cached, self.facts = '', [], [], {}
    self._console, self._describe, self._start, self._said = console, describe, 0.0, 0.0
    self._status = console.status('')

  def __enter__(self):
    logging.getLogger().addHandler(self)
    logging.getLogger(_TRAINING).setLevel(logging.DEBUG)
    self._status.start()
    return self

  def __exit__(self, *unused):
    self._status.stop()
    logging.getLogger().removeHandler(self)

  def emit(self, record):
    if record.msg == _RUNNING:
      self.current, self._start = record.args[0], time.monotonic()
      self._status.update(f'{self.current} ...')
    elif record.msg == _FINISHED:
      self._finish(record.args[0], time.monotonic() - self._start)
    elif record.name == _TRAINING:
      self._status.update(f'{self.current}: {record.getMessage()}')
      if record.levelno >= logging.INFO and not self._console.is_terminal and time.monotonic() > self._said + _PAUSE:
        self._said = time.monotonic()
        self._console.print(f'  {"":<30} {record.getMessage()}')

  def _finish(self, component: str, seconds: float):
    cached, fact = self._describe(component)
    self.facts[component] = fact
    if cached is not None:
      (self.cached if cached else self.executed).append(component)
    state = {True: 'cached', False: f'{seconds:.1f} s', None: 'looked up'}[cached]
    self._console.print(f'  {component:<18} {state:>9}   {fact}', markup=False)
