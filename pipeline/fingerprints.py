"""Fingerprints of code, for cache keys: a component runs again when code that it depends on has changed."""

import ast
import hashlib
import pathlib

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_OURS = ('compat', 'components', 'models', 'pipeline', 'predict', 'serving')


def of_modules(*modules: str) -> str:
  """SHA-256 over the source of the modules and of all of the project that they import.

  TFX puts only a function's dotted name into the cache key, so edited code would reuse old results.

  Args:
    *modules: dotted names.

  Returns:
    The hash in hex.
  """
  pending, sources = list(modules), {}
  while pending:
    module = pending.pop()
    path = _path(module)
    if module in sources or path is None:
      continue
    sources[module] = path.read_bytes()
    pending += _imports(sources[module])
  digest = hashlib.sha256()
  for module in sorted(sources):
    digest.update(f'{module}\0{len(sources[module])}\0'.encode() + sources[module])
  return digest.hexdigest()


def _path(module: str):
  """The file of a module of ours; None for any other name."""
  if module.partition('.')[0] not in _OURS:
    return None
  path = _ROOT.joinpath(*module.split('.'))
  for candidate in (path.with_suffix('.py'), path / '__init__.py'):
    if candidate.is_file():
      return candidate
  return None


def _imports(source: bytes) -> list[str]:
  """Dotted names that a source may import; names that are no modules do no harm."""
  names = []
  for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Import):
      names += [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
      names += [node.module, *(f'{node.module}.{alias.name}' for alias in node.names)]
  return names
