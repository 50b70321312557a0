"""Says in one line what is wrong with the interpreter; must itself run on any Python 3."""

import importlib.metadata
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
