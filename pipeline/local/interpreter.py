"""Whether this Python interpreter can run the pipeline; must itself import on any Python 3."""

import sys
from typing import Optional

_FIX = 'run `make setup`, then use .venv/bin/python'


def find_problem() -> Optional[str]:
  """Check the version of Python and the installed packages.

  Returns:
    One line that says what keeps the pipeline from running on this interpreter and how to fix it, or None.
  """
  if sys.version_info[:2] != (3, 10):
    return 'Python 3.10 is required, this is Python %d.%d: %s' % (*sys.version_info[:2], _FIX)
  import importlib.metadata  # pylint: disable=import-outside-toplevel  # Python 3.6 and 3.7 have no such module
  for package in ('pip', 'tfx', 'tensorflow', 'apache-beam', 'rich', 'pooch'):
    # Not find_spec: a look-up of pip's makes setuptools withdraw its distutils, which Beam then fails to import.
    try:
      importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
      return '%s is not installed for %s: %s' % (package, sys.executable, _FIX)
  return None
