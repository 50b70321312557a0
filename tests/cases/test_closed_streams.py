"""Standard streams that are closed, as some service managers start programs: one line that says it, or the result."""

import os
import subprocess
import sys

import pytest

from tests import documents


def _run(closing, *words, **variables):
  process = subprocess.run(
      ['sh', '-c', f'exec "$0" "$@" {closing}', sys.executable, *words], cwd=documents.PROJECT, timeout=100,
      env={**os.environ, **variables}, capture_output=True, text=True, check=False)
  assert 'Traceback' not in process.stderr
  return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize('closing, words, expected', [
    ('<&-', ('predict.py',), (1, '', 'predict.py: standard input: holds no texts\n')),
    ('>&-', ('predict.py', 'a film'),
     (1, '', 'predict.py: standard output is closed: name a file with --output\n')),
    ('<&- 2>&-', ('-m', 'components.versioned_pusher', 'list', '/nowhere'), (1, '', '')),
    ('>&-', ('-m', 'components.versioned_pusher', 'list', '/nowhere'),
     (1, '', '/nowhere: no such directory: run local_runner.py first, or name the directory of the versions\n')),
])
def test_a_command_ends_with_its_message(closing, words, expected):
  assert _run(closing, *words) == expected


def test_a_question_without_an_answer_removes_nothing(tmp_path):
  (tmp_path / 'metadata.db').touch()
  code, _, error = _run('<&-', '-m', 'pipeline.local.remove_runs', '--output-dir', str(tmp_path))
  assert (code, error) == (2, 'remove_runs: nothing was removed\n') and (tmp_path / 'metadata.db').exists()
