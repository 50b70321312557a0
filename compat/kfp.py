"""Kubeflow Pipelines' SDK: local runs do without its import."""

import sys
import types

PINNED = {'kfp': '1.8.22', 'tfx': '1.15.1'}


def stub_unused_imports() -> None:
  """Stands in for kfp, which TFX does without where it is not installed, and for TFX's extensions for Google Cloud."""
  sys.modules.setdefault('kfp', None)
  sys.modules.setdefault('tfx.v1.extensions', types.ModuleType('tfx.v1.extensions'))
