"""Runs `probe` on one model or several, each in a process of its own; they take turns to be measured."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any, Mapping

from components.serving_validator import probe

TURNS = 4
_MAX_ERROR_LINES = 20  # of a process's error output, in the report of a crash


class _Process:
  """A process that runs `probe`. It waits for each turn, so that one model at a time is measured."""

  def __init__(self, directory: str, job: Mapping[str, Any], timeout_s: float):
    self._report, self._errors = os.path.join(directory, 'report.json'), os.path.join(directory, 'errors.txt')
    self._timeout_s, self._is_late = timeout_s, False
    job_path = os.path.join(directory, 'job.json')
    with open(job_path, 'w', encoding='utf-8') as file:
      json.dump(job, file)
    environment = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
    environment['TF_CPP_MIN_LOG_LEVEL'] = '3'
    environment['CUDA_VISIBLE_DEVICES'] = '-1'  # this process may still hold all of a GPU's memory from the training
    with open(self._errors, 'wb') as errors:
      self._process = subprocess.Popen(  # pylint: disable=consider-using-with  # ended by __exit__
          [sys.executable, '-I', probe.__file__, job_path, self._report], cwd=directory, env=environment,
          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0)
    assert self._process.stdin and self._process.stdout  # for mypy
    self._input, self._output = self._process.stdin, self._process.stdout
    self._timer = threading.Timer(timeout_s, self._end_late)

  def __enter__(self) -> '_Process':
    self._timer.start()
    return self

  def __exit__(self, *unused_error: Any) -> None:
    self._timer.cancel()
    self._process.kill()
    with self._process:  # waits, and closes the pipes
      pass

  def _end_late(self):
    self._is_late = True
    self._process.kill()

  def wait_until_ready(self) -> bool:
    """Wait until the process asks for its next turn; return False if it has ended instead."""
    return bool(self._output.readline())

  def give_turn(self) -> None:
    """Let the process measure its model once, and wait until it has."""
    with contextlib.suppress(BrokenPipeError):  # it has ended: `read_report` says how
      self._input.write(b'\n')
      self.wait_until_ready()

  def end_turns(self) -> None:
    """Let the process do what is left after its last turn."""
    self._input.close()

  def read_report(self) -> dict[str, Any]:
    """Wait for the end of the process; return its report, with a `reason` even if it did not write one."""
    code = self._process.wait()
    report = {'stage': 'starting TensorFlow'}
    if os.path.exists(self._report):
      with open(self._report, encoding='utf-8') as file:
        report = json.load(file)
    if 'reason' in report:  # how the process ended after its verdict says nothing about the model
      return report
    with open(self._errors, encoding='utf-8', errors='replace') as file:
      lines = file.read().strip().splitlines()[-_MAX_ERROR_LINES:]
    error = _describe_exit(code)
    if self._is_late:
      error = f'no answer within {self._timeout_s:g} s; if the machine was only busy, raise serving_timeout'
    return {**report, 'reason': f'{report["stage"]}: {error}', 'error_output': lines}


def run_in_turns(directory: str, candidate: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]],
                 timeout_s: float) -> dict[str, dict[str, Any]]:
  """Run `probe` on the candidate and, to compare with, on other models.

  The processes load and check their models at the same time, and measure in turns: what else the machine does slows
  down all of them alike.

  Args:
    directory: an existing directory for the processes' files.
    candidate: the job of the candidate, see `probe.check_model`.
    others: jobs of the other models by name.
    timeout_s: seconds for the candidate's process. The others have half of it, so that a model that hangs does not
      cost the candidate its time.

  Returns:
    What `probe` reports, by name; the candidate's is `candidate`. If that is refused before the measurement, the
    others have none.
  """
  with contextlib.ExitStack() as stack:
    def start(name, job, seconds):
      path = os.path.join(directory, name)
      os.mkdir(path)
      return stack.enter_context(_Process(path, job, seconds))

    processes = {'candidate': start('candidate', candidate, timeout_s)}
    processes.update({name: start(name, job, timeout_s / 2) for name, job in others.items()})
    if not processes['candidate'].wait_until_ready():
      return {'candidate': processes['candidate'].read_report()}
    for name in others:
      processes[name].wait_until_ready()
    for _ in range(TURNS):
      for process in processes.values():
        process.give_turn()
    for process in processes.values():
      process.end_turns()
    return {name: process.read_report() for name, process in processes.items()}


def _describe_exit(code: int) -> str:
  if code >= 0:
    return f'the process ended without a verdict (exit status {code})'
  hint = ', perhaps out of memory' if code == -signal.SIGKILL else ''
  return f'the process crashed ({signal.Signals(-code).name}{hint})'
