"""Fingerprints of code for cache keys: a component runs again when code that it depends on has changed."""

import ast
import functools
import hashlib
import pathlib
from typing import Optional

from components.common import hashing
from pipeline import layout

_ROOT = pathlib.Path(__file__).resolve().parent.parent


def hash_code(*modules: str) -> str:
  """Hash the source of modules and of everything in the project that they import, directly or indirectly.

  TFX puts only a function's dotted name into the cache key, so without this hash edited code would reuse old results.
  The `__init__.py` of each enclosing package counts too, since Python runs it first.

  The hash of each file is remembered, so that `pipeline/results/cache_explanation.py` can name the file that changed.

  Args:
    *modules: dotted names of modules or packages of the project.

  Returns:
    The SHA-256 in hex.
  """
  pending = list(modules)
  hashes: dict[pathlib.Path, str] = {}
  while pending:
    module = pending.pop()
    path = _find_source(module)
    if path is None or path in hashes:
      continue
    source = path.read_bytes()
    hashes[path] = hashlib.sha256(source).hexdigest()
    parent = module.rpartition('.')[0]
    pending += [parent, *_imported_names(source, module if path.name == '__init__.py' else parent)]
  return hashing.hash_parts({path.relative_to(_ROOT).as_posix(): digest for path, digest in hashes.items()})


def _find_source(module: str) -> Optional[pathlib.Path]:
  """Return the file of a module of the project; None for any other name."""
  if module.partition('.')[0] not in layout.PACKAGES:
    return None
  path = _ROOT.joinpath(*module.split('.'))
  for candidate in (path.with_suffix('.py'), path / '__init__.py'):
    if candidate.is_file():
      return candidate
  return None


@functools.lru_cache(maxsize=None)  # steps share most of their code, and parsing it takes most of the time
def _imported_names(source: bytes, package: str) -> tuple[str, ...]:
  """Return the absolute dotted names that a source in `package` may import; some may be no modules."""
  names: list[str] = []
  for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Import):
      names += [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      origin = node.module or ''
      if node.level:  # `from . import x`: one dot is the package itself, each further dot one package above
        parents = package.split('.')
        origin = '.'.join([*parents[:len(parents) - node.level + 1], *filter(None, [node.module])])
      names += [origin, *(f'{origin}.{alias.name}' for alias in node.names)]
  return tuple(names)
