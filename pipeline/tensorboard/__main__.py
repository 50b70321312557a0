"""Starts TensorBoard on all models that were trained and evaluated in an output directory, and on those in training.

New models appear while it runs. Flags other than the ones below are TensorBoard's own, such as --port and --bind_all.
"""

import argparse
import contextlib
import logging
import os
import subprocess
import sys
from typing import Optional
import warnings

from components.common import start_up
from pipeline import layout

_REFRESH_SECONDS = 15  # seconds between two reads of the metadata store
_QUIET = {'TF_CPP_MIN_LOG_LEVEL': '3', 'PYTHONWARNINGS': 'ignore'}  # inherited by TensorBoard's process


def parse_flags(argv: Optional[list[str]] = None) -> tuple[argparse.Namespace, list[str]]:
  """Parse the command line; returns our flags, and the remaining ones for TensorBoard."""
  parser = argparse.ArgumentParser(prog='python -m pipeline.tensorboard', description=__doc__, allow_abbrev=False)
  parser.add_argument('--output-dir', default=layout.OUTPUT_DIR, metavar='DIR', help=(
      'output directory of the runs (default: output/ in the project)'))
  parser.add_argument('--metadata', metavar='HOST:PORT', help=(
      "Kubeflow's metadata service, for runs of version 1 there (default: the store in the output directory)"))
  return parser.parse_known_args(argv)


def main(argv: Optional[list[str]] = None) -> int:
  """Run TensorBoard until it ends or is interrupted.

  Args:
    argv: the flags; None for those of this process.

  Returns:
    The exit code: TensorBoard's, or 2 for a usage error.
  """
  start_up.prepare_process()
  arguments, flags = parse_flags(argv)
  warnings.filterwarnings('ignore')
  logging.disable(logging.WARNING)
  for name, value in _QUIET.items():
    os.environ.setdefault(name, value)
  # Only now, because TensorFlow reads the variables above when it is imported.
  from ml_metadata import errors  # pylint: disable=import-outside-toplevel

  from pipeline.results import metadata  # pylint: disable=import-outside-toplevel
  from pipeline.tensorboard import folder  # pylint: disable=import-outside-toplevel
  output_dir = os.path.abspath(arguments.output_dir)
  problems = ValueError, errors.StatusError
  try:
    connection = arguments.metadata and metadata.service_connection(arguments.metadata)
    print('Models:', ', '.join(folder.update_entries(output_dir, connection)), flush=True)
  except problems as error:
    print(f'pipeline.tensorboard: {error}', file=sys.stderr)
    return 2
  server = subprocess.Popen(
      [sys.executable, '-m', 'tensorboard.main', '--logdir', layout.tensorboard(output_dir), *flags])
  try:
    while True:
      try:
        return server.wait(_REFRESH_SECONDS)
      except subprocess.TimeoutExpired:
        with contextlib.suppress(*problems):  # a run may be writing to the store
          folder.update_entries(output_dir, connection)
  finally:
    server.terminate()
    server.wait()


if __name__ == '__main__':
  start_up.run_program(main)
