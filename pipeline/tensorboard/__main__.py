"""TensorBoard on all models that were trained and evaluated in an output directory, and on those in training.

New ones appear while it runs. All flags but the ones below are TensorBoard's own, such as --port and --bind_all.
"""

import argparse
import contextlib
import logging
import os
import pathlib
import signal
import subprocess
import sys
import warnings
from typing import Optional

_OUTPUT_DIR = str(pathlib.Path(__file__).resolve().parents[2] / 'output')
_PAUSE = 15  # seconds between two looks at the metadata store
_CALM = {'TF_CPP_MIN_LOG_LEVEL': '3', 'PYTHONWARNINGS': 'ignore'}  # TensorBoard's process too


def parse(argv=None):
  """The command line, and TensorBoard's part of it."""
  parser = argparse.ArgumentParser(prog='python -m pipeline.tensorboard', description=__doc__, allow_abbrev=False)
  parser.add_argument('--output-dir', default=_OUTPUT_DIR, metavar='DIR', help=(
      'of the runs (default: output/ in the project)'))
  parser.add_argument('--metadata', metavar='HOST:PORT', help=(
      "Kubeflow's metadata service, for runs of version 1 there (default: the store in the output directory)"))
  return parser.parse_known_args(argv)


def main(argv: Optional[list[str]] = None) -> int:
  """Returns the exit code."""
  arguments, flags = parse(argv)
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  warnings.filterwarnings('ignore')
  logging.disable(logging.WARNING)
  for name, value in _CALM.items():
    os.environ.setdefault(name, value)
  # Only now: what TensorFlow prints when it is imported is kept down.
  from ml_metadata import errors  # pylint: disable=import-outside-toplevel
  from pipeline import layout  # pylint: disable=import-outside-toplevel
  from pipeline.results import metadata  # pylint: disable=import-outside-toplevel
  from pipeline.tensorboard import folder  # pylint: disable=import-outside-toplevel
  output_dir = os.path.abspath(arguments.output_dir)
  problems = ValueError, errors.StatusError
  try:
    connection = arguments.metadata and metadata.service_connection(arguments.metadata)
    print('Models:', ', '.join(folder.update(output_dir, connection)), flush=True)
  except problems as error:
    print(f'pipeline.tensorboard: {error}', file=sys.stderr)
    return 2
  server = subprocess.Popen(
      [sys.executable, '-m', 'tensorboard.main', '--logdir', layout.tensorboard(output_dir), *flags])
  try:
    while True:
      try:
        return server.wait(_PAUSE)
      except subprocess.TimeoutExpired:
        with contextlib.suppress(*problems):  # a run may have locked the store just now
          folder.update(output_dir, connection)
  finally:
    server.terminate()
    server.wait()


if __name__ == '__main__':
  try:
    sys.exit(main())
  except KeyboardInterrupt:
    sys.exit(130)
