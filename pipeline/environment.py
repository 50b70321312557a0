"""The interpreter: what is wrong with it, in one line, and how it imports; must itself run on any Python 3."""

import importlib.machinery
import importlib.metadata
import os
import sys

_FIX = 'run `make setup`, then use .venv/bin/python'


def problem():
  """What keeps the pipeline from running on this interpreter, with the fix, or None."""
  if sys.version_info[:2] != (3, 10):
    return 'Python 3.10 is needed, this is %d.%d: %s' % (*sys.version_info[:2], _FIX)
  for package in ('pip', 'tfx', 'tensorflow', 'apache-beam', 'rich', 'pooch'):
    # Not find_spec: looking for pip's makes setuptools step back, and Beam then fails to import it.
    try:
      importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
      return '%s is missing from %s: %s' % (package, sys.executable, _FIX)
  return None


class _FromSource(importlib.machinery.SourceFileLoader):
  """Compiles a module anew each time."""

  def get_code(self, fullname):
    return self.source_to_code(self.get_data(self.path), self.path)


def import_from_source(project):
  """Makes the modules of the project be imported from their source, whatever bytecode there is.

  Python takes bytecode for current by the size and the second of the edit; after an edit that keeps both, the cache
  keys, which are of the source, would name code that did not run.
  """
  folders = [os.path.join(str(project), name) for name in ('components', 'models', 'pipeline')]
  find = importlib.machinery.FileFinder.path_hook((_FromSource, ['.py']))

  def hook(path):
    if not any(os.path.join(path, '').startswith(os.path.join(folder, '')) for folder in folders):
      raise ImportError('not of the project')
    return find(path)

  sys.path_hooks.insert(0, hook)
  sys.path_importer_cache.clear()
