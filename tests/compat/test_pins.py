"""Each module of compat/ was written for one version of its library: another one needs a new look at it."""

import importlib
import importlib.metadata
import pathlib
import pkgutil
import platform
import re

import pytest

import compat

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_MODULES = [f'compat.{module.name}' for module in pkgutil.iter_modules(compat.__path__)]


def _pinned(file, distribution):
  """Versions that a file of the project asks for."""
  pattern = rf'^ *"?{re.escape(distribution)}(?:\[[\w,-]+\])?==([\w.]+)'
  return set(re.findall(pattern, (_PROJECT / file).read_text(encoding='utf-8'), re.MULTILINE))


def _versions(distribution):
  """(where, version) of everything that names a version of a distribution."""
  if distribution == 'python':
    dockerfile = (_PROJECT / 'Dockerfile').read_text(encoding='utf-8')
    yield 'this interpreter', '.'.join(platform.python_version_tuple()[:2])
    yield from (('Dockerfile', version) for version in re.findall(r'FROM python:(\d+\.\d+)', dockerfile))
    return
  yield 'installed', importlib.metadata.version(distribution)
  locked = _pinned('requirements.lock', distribution)
  assert locked, f'requirements.lock does not pin {distribution}'
  for file in ('requirements.lock', 'pyproject.toml'):
    yield from ((file, version) for version in _pinned(file, distribution))


@pytest.mark.parametrize('name', _MODULES)
def test_a_module_fits_the_pinned_version(name):
  module = importlib.import_module(name)
  assert module.PINNED
  for distribution, pinned in module.PINNED.items():
    for place, version in _versions(distribution):
      assert version == pinned, (
          f'{name} was written for {distribution} {pinned}, {place} has {version}: check that the private names it '
          'uses still exist and mean the same (tests/compat/), that its patches still pay '
          '(`python -m benchmarks patches`), and whether the library has a setting for them by now; then change PINNED '
          f'in {name.replace(".", "/")}.py')
