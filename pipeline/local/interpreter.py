"""The Python interpreter: whether it can run the pipeline, and how it imports the project. Imports on any Python 3."""

import atexit
import gc
import importlib.machinery
import importlib.metadata
import os
import sys
import types
import zlib

from pipeline import layout

_FIX = 'run `make setup`, then use .venv/bin/python'
# Beam makes millions of short-lived tuples: with Python's 700, 10, 10 the search for cycles among them, which goes over
# all that TensorFlow and TFX have imported, takes a twentieth of a run.
_COLLECT_AFTER = 100_000, 50, 100
# Beam compresses at zlib's default level: four times as long as at this one, for files a seventh smaller.
_COMPRESSION_LEVEL = 1
# Each stage of Beam ends by waiting for the thread that samples what it does, half of its period of 200 ms on average.
_BEAM_SAMPLES_EVERY = 10  # ms


def find_problem():
  """Checks the version of Python and the installed packages.

  Returns:
    One line that says what keeps the pipeline from running on this interpreter and how to fix it, or None.
  """
  if sys.version_info[:2] != (3, 10):
    return 'Python 3.10 is required, this is Python %d.%d: %s' % (*sys.version_info[:2], _FIX)
  for package in ('pip', 'tfx', 'tensorflow', 'apache-beam', 'rich', 'pooch'):
    # Not find_spec: a look-up of pip's makes setuptools withdraw its distutils, which Beam then fails to import.
    try:
      importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
      return '%s is not installed for %s: %s' % (package, sys.executable, _FIX)
  return None


def quicken():
  """Saves a run on this machine a tenth of its time or more; to be called before TFX is imported."""
  # Two fifths of TFX's import, for nothing here: kfp, which it does without where it is not installed, and what it has
  # for Google Cloud's services alone.
  sys.modules.setdefault('kfp', None)
  sys.modules.setdefault('tfx.v1.extensions', types.ModuleType('tfx.v1.extensions'))
  gc.set_threshold(*_COLLECT_AFTER)
  atexit.register(gc.freeze)  # what is left at the end goes with the process: no last search through all of it
  zlib.Z_DEFAULT_COMPRESSION = _COMPRESSION_LEVEL
  from apache_beam.runners.worker import statesampler  # pylint: disable=import-outside-toplevel
  statesampler.StateSampler.__init__.__defaults__ = (_BEAM_SAMPLES_EVERY,)


class _SourceOnlyLoader(importlib.machinery.SourceFileLoader):
  """Compiles a module from its source each time, whatever bytecode is cached."""

  def get_code(self, fullname):
    return self.source_to_code(self.get_data(self.path), self.path)


def import_from_source(project):
  """Installs an import hook that compiles the project's modules from their source instead of cached bytecode.

  Python takes cached bytecode as current if the source has the same size and second of modification. After an edit that
  keeps both, the cache keys, which are computed from the source, would describe code that did not run.

  Args:
    project: the directory that holds the project's packages.
  """
  folders = [os.path.join(str(project), name, '') for name in layout.PACKAGES]
  create_finder = importlib.machinery.FileFinder.path_hook((_SourceOnlyLoader, ['.py']))

  def hook(path):
    if not any(os.path.join(path, '').startswith(folder) for folder in folders):
      raise ImportError('not in a package of the project')
    return create_finder(path)

  sys.path_hooks.insert(0, hook)
  sys.path_importer_cache.clear()
