"""Nothing outside of compat/ uses or overrides a private name of a library."""

import ast
import importlib
import inspect
import pathlib

from pipeline import layout

_PROJECT = pathlib.Path(__file__).resolve().parents[2]
_PACKAGES = [name for name in layout.PACKAGES if name != 'compat']
_FILES = [path for package in _PACKAGES for path in sorted((_PROJECT / package).rglob('*.py'))]
_PROGRAMS = [_PROJECT / f'{name}.py' for name in ('local_runner', 'kubeflow_runner', 'predict')]
_DOCUMENTED = {'_replace', '_asdict', '_fields', '_make', '_exit'}  # of named tuples, and os._exit


def _is_private(name):
  return name.startswith('_') and not name.endswith('__') and name not in _DOCUMENTED


def _defined(tree):
  """Names that a file defines, or sets on an object."""
  for node in ast.walk(tree):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
      yield node.name
    elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Store):
      yield node.attr if isinstance(node, ast.Attribute) else node.id


def _used(tree):
  """(line, name) of the attributes and imports of a file."""
  for node in ast.walk(tree):
    if isinstance(node, ast.Attribute):
      yield node.lineno, node.attr
    elif isinstance(node, ast.Import):
      yield from ((node.lineno, part) for alias in node.names for part in alias.name.split('.'))
    elif isinstance(node, ast.ImportFrom):
      yield from ((node.lineno, part) for part in (node.module or '').split('.'))
      yield from ((node.lineno, alias.name) for alias in node.names)


def test_only_compat_uses_private_names_of_libraries():
  trees = {path: ast.parse(path.read_text(encoding='utf-8')) for path in (*_FILES, *_PROGRAMS)}
  own = {name for tree in trees.values() for name in _defined(tree)}
  found = [f'{path.relative_to(_PROJECT)}:{line}: {name}' for path, tree in trees.items()
           for line, name in _used(tree) if _is_private(name) and name not in own]
  assert not found, 'move to compat/:\n' + '\n'.join(found)


def test_only_compat_overrides_private_methods_of_libraries():
  found = []
  for path in _FILES:
    name = '.'.join(path.relative_to(_PROJECT).with_suffix('').parts)
    if path.name in ('__init__.py', '__main__.py'):
      continue
    for cls in vars(importlib.import_module(name)).values():
      if not inspect.isclass(cls) or cls.__module__ != name:
        continue
      bases = [base for base in cls.__mro__ if base.__module__.partition('.')[0] not in layout.PACKAGES]
      found += [f'{name}.{cls.__name__}.{key} of {base.__module__}.{base.__name__}'
                for key, value in vars(cls).items() for base in bases
                if inspect.isfunction(value) and value.__module__ == name and _is_private(key) and key in vars(base)]
  assert not found, 'move to compat/:\n' + '\n'.join(found)
