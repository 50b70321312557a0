"""Removes the runs of an output directory, with the models that were pushed there: asks first."""

import argparse
import os
import shutil
import sys
from typing import Optional, Sequence

from components.common import start_up
from components.common import version_directories
from pipeline import layout
from pipeline.local import errors
from pipeline.local import exit_codes
from pipeline.local import lock

_PLACES = (layout.artifacts, layout.metadata, layout.fingerprints, layout.reports, layout.tensorboard, layout.logs,
           lock.path, lambda output_dir: os.path.dirname(layout.serving(output_dir)))


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Run the command line.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0 if nothing of the runs is left, 1 if a file could not be removed, 2 if nothing was removed.
  """
  start_up.prepare_process()
  parser = argparse.ArgumentParser(prog='python -m pipeline.local.remove_runs', description=__doc__)
  parser.add_argument('--output-dir', default=layout.OUTPUT_DIR, metavar='DIR', help=(
      'of the runs (default: output/ in the project); other files in it are kept'))
  output_dir = os.path.abspath(parser.parse_args(argv).output_dir)
  try:
    return _remove_after_question(output_dir)
  except ValueError as error:
    print(f'remove_runs: {error}', file=sys.stderr)
    return exit_codes.USAGE
  except OSError as error:
    print(f'remove_runs: {errors.describe_os_error(error)}', file=sys.stderr)
    return exit_codes.FAILED


def _remove_after_question(output_dir: str) -> int:
  paths = [path for path in (place(output_dir) for place in _PLACES) if os.path.lexists(path)]
  if not paths:
    print(f'{output_dir}: no runs here')
    return exit_codes.OK
  with lock.hold(output_dir):
    versions = version_directories.version_directories(layout.serving(output_dir))
    print(f'{output_dir}: remove {", ".join(map(os.path.basename, paths))}, with {len(versions)} pushed versions?')
    try:
      answer = input('Type yes to remove them: ')
    except EOFError:
      answer = ''
      print()
    if answer.strip().lower() != 'yes':
      raise ValueError('nothing was removed')
    for path in paths:
      if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
      else:
        os.remove(path)
  if not os.listdir(output_dir):
    os.rmdir(output_dir)
  return exit_codes.OK


if __name__ == '__main__':
  start_up.run_program(main)
