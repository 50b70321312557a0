"""The guard of `make test-fast`, and the names of all tests."""

import ast
import pathlib
import socket
import subprocess
import sys

import pytest
from tfx import v1 as tfx

from tests import forks
from tests.e2e import pipeline_runs


@pytest.mark.parametrize('attempt, what', [
    (lambda: subprocess.run([sys.executable, '/somewhere/local_runner.py'], check=False), 'a pipeline run'),
    (lambda: subprocess.run([sys.executable, '-m', 'serving.server'], check=False), 'a server'),
    (lambda: forks.Interpreter(()), 'an interpreter for pipeline runs'),
    (lambda: pipeline_runs.run(pathlib.Path('/somewhere')), 'a pipeline run'),
    (lambda: tfx.orchestration.LocalDagRunner().run(None), 'a pipeline run'),
    (lambda: socket.create_server(('127.0.0.1', 0)), 'a server'),
])
def test_a_fast_test_cannot_start_what_is_slow(attempt, what):
  with pytest.raises(AssertionError, match=f'starts {what}: mark it with @pytest.mark.slow'):
    attempt()


@pytest.mark.slow
def test_a_slow_test_can():
  socket.create_server(('127.0.0.1', 0)).close()
  assert subprocess.run([sys.executable, '-c', '', 'local_runner.py'], check=False).returncode == 0


def test_names_of_tests_have_at_most_60_characters():
  names = []
  for path in pathlib.Path(__file__).parent.rglob('test_*.py'):
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
      if isinstance(node, ast.FunctionDef) and node.name.startswith('test_'):
        names.append(node.name)
  assert len(names) > 300
  assert [name for name in names if len(name) > 60] == []
