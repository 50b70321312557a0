"""What compat/cpython.py assumes of bytecode and of the garbage collector at the exit."""

import gc
import os
import py_compile
import subprocess
import sys

import pytest

from compat import cpython
from tests.e2e import pipeline_runs

_PROGRAM = '''
import sys
sys.path.insert(0, sys.argv[1])
if sys.argv[2] == 'from source':
  sys.path.append(sys.argv[3])
  from compat import cpython
  cpython.import_from_source(sys.argv[1], ['components'])
from components import step
print(step.VALUE)
'''


@pytest.mark.parametrize('how, value', [('from source', 'new'), ('from bytecode', 'old')])
def test_an_edit_that_keeps_size_and_time_is_what_runs(how, value, tmp_path):
  path = tmp_path / 'components' / 'step.py'
  path.parent.mkdir()
  (path.parent / '__init__.py').touch()
  path.write_text("VALUE = 'old'\n")
  py_compile.compile(str(path))
  before = path.stat()
  path.write_text("VALUE = 'new'\n")
  os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
  command = [sys.executable, '-c', _PROGRAM, str(tmp_path), how, str(pipeline_runs.PROJECT)]
  # Without the hook, Python itself takes the old bytecode.
  assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == f'{value}\n'


_CYCLE = '''
import gc
import sys
from compat import cpython

class Node:
  def __del__(self):
    sys.stdout.write('collected')

for name in sys.argv[1:]:
  getattr(cpython, name)()
gc.disable()
node = Node()
node.itself = node
del node
'''


@pytest.mark.parametrize('calls, printed', [
    ([], 'collected'), (['apply_patches'], ''), (['apply_patches', 'skip_garbage_collection_at_exit'], '')])
def test_nothing_is_collected_at_the_exit(calls, printed):
  command = [sys.executable, '-c', _CYCLE, *calls]
  process = subprocess.run(command, cwd=pipeline_runs.PROJECT, capture_output=True, text=True, check=True)
  assert process.stdout == printed


def test_garbage_is_collected_less_often(monkeypatch):
  thresholds = []
  monkeypatch.setattr(gc, 'set_threshold', lambda *values: thresholds.append(values))
  cpython.apply_patches()
  (found,) = thresholds
  assert found > (10_000, 10, 10) and all(isinstance(value, int) for value in found)
