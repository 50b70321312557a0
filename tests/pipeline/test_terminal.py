"""What a run shows: in a terminal, in one without colours, and in a file or pipe."""

import os
import pathlib
import pty
import re
import subprocess
import sys

import pytest

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_PROGRAM = '''
import logging, sys, time
from components.common.progress_line import Description
from pipeline.local import console, progress
with console.redirect_to_log(sys.argv[1], verbose=False) as terminal:
  found = {'Slow': (False, Description('a [word] in brackets')), 'Former': (True, Description('of another run')),
           'Gate': (None, Description('REFUSED: too bad', warning=True))}
  with progress.Progress(terminal, found.get):
    log = logging.getLogger('some.library')
    print('noise')
    for component in found:
      log.info('Component %s is running.', component)
      logging.getLogger('models.training.loop').info('step 1: loss [0.5]')
      time.sleep(0.1)
      log.info('Component %s is finished.', component)
'''


def _in_terminal(log, **variables):
  """The bytes that a terminal of 80 columns gets."""
  master, slave = pty.openpty()
  environment = {key: value for key, value in os.environ.items() if key not in ('NO_COLOR', 'FORCE_COLOR', 'COLUMNS')}
  environment.update({'TERM': 'xterm-256color', 'PYTHONPATH': str(_PROJECT), **variables})
  with subprocess.Popen([sys.executable, '-c', _PROGRAM, str(log)], stdin=slave, stdout=slave, stderr=slave,
                        env=environment) as process:
    os.close(slave)
    shown = b''
    try:
      while block := os.read(master, 65536):
        shown += block
    except OSError:  # the other side is closed
      pass
  os.close(master)
  assert process.returncode == 0
  return shown.decode()


def _lines(shown):
  """What stays on the screen, roughly: escape sequences and lines that were drawn over are taken out."""
  plain = re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', shown)
  return [line.rpartition('\r')[2].strip() for line in plain.replace('\r\n', '\n').split('\n')]


@pytest.mark.parametrize('variables, colours, redraws', [
    ({}, True, True), ({'NO_COLOR': '1'}, False, True), ({'TERM': 'dumb'}, False, False)])
def test_a_terminal_shows_what_is_going_on(tmp_path, variables, colours, redraws):
  shown = _in_terminal(tmp_path / 'log', **variables)
  assert bool(re.search(r'\x1b\[(\d+;)*3\d', shown)) == colours
  assert ('\x1b[2K' in shown) == redraws
  assert ('0:00:00' in shown) == redraws
  assert ('\x1b[1;31mREFUSED' in shown) == colours and '\x1b[1;31ma [word]' not in shown
  assert 'a [word] in brackets' in shown and 'loss [0.5]' in shown
  assert 'noise' not in shown and 'noise' in (tmp_path / 'log').read_text()
  assert any(re.fullmatch(r'Former +cached +of another run', line) for line in _lines(shown))


@pytest.mark.parametrize('variables', [{}, {'LC_ALL': 'C'}, {'COLUMNS': '20'}])
def test_a_pipe_gets_plain_lines(tmp_path, variables):
  process = subprocess.run(
      [sys.executable, '-c', _PROGRAM, str(tmp_path / 'log')], capture_output=True, check=True,
      env={**os.environ, 'PYTHONPATH': str(_PROJECT), 'NO_COLOR': '', **variables})
  lines = process.stdout.decode().splitlines()
  assert '\x1b' not in process.stdout.decode() and not process.stderr
  seconds, = re.fullmatch(r'  Slow +(\d+\.\d) s   a \[word\] in brackets', lines[1]).groups()
  assert 0.1 <= float(seconds) < 60  # on a busy machine, more than it sleeps
  assert lines[2:] == ['  Former                cached   of another run',
                       '  Gate                resolved   REFUSED: too bad']
