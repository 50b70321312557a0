"""Runs a step of a Kubeflow package with the patches that local runs have.

  python -m pipeline.kubeflow.launcher MODULE ARGUMENT...

MODULE is the one by which TFX's own packages start a step, with its arguments.
"""

import runpy
import sys
from typing import Sequence

import compat
from compat import kfp as kfp_compat
from components.common import artifacts
from components.common import start_up
from pipeline.kubeflow import object_copies

_V2_PACKAGE = 'tfx.orchestration.kubeflow.v2.'


def main(argv: list[str]) -> None:
  """Run a module as `python -m` does.

  Args:
    argv: the module's dotted name, and its arguments.
  """
  start_up.prepare_process()
  compat.apply_patches()
  module, *arguments = argv
  if module.startswith(_V2_PACKAGE):
    # TFX knows no class for the type of artifact that Kubeflow shows as a page.
    report = artifacts.Report
    kfp_compat.register_artifact_class(report.TYPE_NAME, f'{report.__module__}.{report.__name__}')
    with object_copies.use_copies(arguments) as changed:
      _run(module, changed)
  else:
    _run(module, arguments)


def _run(module: str, arguments: Sequence[str]) -> None:
  """Run a module as `python -m` does; returns if that would end with the code 0, and raises SystemExit otherwise."""
  sys.argv[1:] = arguments
  try:
    runpy.run_module(module, run_name='__main__', alter_sys=True)
  except SystemExit as end:
    if end.code:
      raise


if __name__ == '__main__':
  main(sys.argv[1:])
