"""local_runner.py on a wrong Python: one line that says what to install, from code that any Python 3 can import."""

import ast
import importlib.metadata
import json
import pathlib
import subprocess
import sys

import pytest

from pipeline.local import interpreter
from tests.e2e import pipeline_runs

_OLDEST = (3, 6)
_PROGRAM = '''
import json, sys
before = set(sys.modules)
import local_runner
print(json.dumps({name: getattr(sys.modules[name], '__file__', None) for name in set(sys.modules) - before}))
'''


def _imported_modules():
  """{name: file} of what local_runner.py imports before it has checked the interpreter."""
  process = subprocess.run(
      [sys.executable, '-c', _PROGRAM], cwd=pipeline_runs.PROJECT, capture_output=True, text=True, check=True)
  return json.loads(process.stdout)


def test_the_check_needs_the_standard_library_only():
  project = str(pipeline_runs.PROJECT)
  own = {name: file for name, file in _imported_modules().items() if file and file.startswith(project)}
  assert {'local_runner', 'pipeline.local.interpreter', 'pipeline.layout', 'compat.cpython'} <= set(own)
  others = {name.partition('.')[0] for name in set(_imported_modules()) - set(own)}
  assert others <= set(sys.stdlib_module_names)
  for file in own.values():
    ast.parse(pathlib.Path(file).read_text(encoding='utf-8'), feature_version=_OLDEST)


def test_another_python_is_named_with_the_fix(monkeypatch):
  assert interpreter.find_problem() is None
  monkeypatch.setattr(sys, 'version_info', (3, 12, 1))
  assert interpreter.find_problem() == (
      'Python 3.10 is required, this is Python 3.12: run `make setup`, then use .venv/bin/python')


@pytest.mark.parametrize('missing', ['pip', 'tensorflow', 'pooch'])
def test_a_missing_package_is_named_with_the_fix(monkeypatch, missing):

  def distribution(name):
    if name == missing:
      raise importlib.metadata.PackageNotFoundError(name)

  monkeypatch.setattr(importlib.metadata, 'distribution', distribution)
  assert interpreter.find_problem() == (
      f'{missing} is not installed for {sys.executable}: run `make setup`, then use .venv/bin/python')
