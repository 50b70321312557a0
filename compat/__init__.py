"""Patches of third-party libraries and uses of their private parts: one module per library.

Each module says what it is for, how much time it saves (measured by `python -m benchmarks patches`), and for which
versions it was written (PINNED). tests/compat/ fails if another version is installed or locked, or if a private name
has changed.
"""

import importlib

# By name: pipeline.fingerprints follows imports, and these change no result, so an edit of them must not run everything
# again.
_SHARED = 'compat.cpython', 'compat.beam'


def apply_patches() -> None:
  """Apply the patches that local runs, Kubeflow steps and notebooks share; applying them again changes nothing."""
  for name in _SHARED:
    importlib.import_module(name).apply_patches()


def stub_unused_imports() -> None:
  """Keep TFX from importing what only Kubeflow and Google Cloud need: for local runs, before they import TFX."""
  importlib.import_module('compat.kfp').stub_unused_imports()
