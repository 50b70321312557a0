"""Lists what no pushed version and no latest run needs, from artifacts to logs, with its size; --yes deletes it."""

import argparse
import os
import sys
from typing import Optional, Sequence

from components.common import start_up
from pipeline import layout
from pipeline.local import console
from pipeline.local import errors
from pipeline.local import exit_codes
from pipeline.local import lock


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Run the command line.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0, 1 if a file could not be deleted, or 2 if there are no runs, or one is going on.
  """
  start_up.prepare_process()
  parser = argparse.ArgumentParser(prog='python -m pipeline.local.prune', description=__doc__)
  parser.add_argument('--output-dir', default=layout.OUTPUT_DIR, metavar='DIR', help=(
      'of the runs (default: output/ in the project)'))
  parser.add_argument('--yes', action='store_true', help='delete what is listed')
  arguments = parser.parse_args(argv)
  try:
    _prune(os.path.abspath(arguments.output_dir), arguments.yes)
    return exit_codes.OK
  except ValueError as error:
    print(f'prune: {error}', file=sys.stderr)
    return exit_codes.USAGE
  except OSError as error:
    print(f'prune: {errors.describe_os_error(error)}', file=sys.stderr)
    return exit_codes.FAILED


def _prune(output_dir: str, is_confirmed: bool) -> None:
  with console.capture_output():  # TensorFlow prints a lot when it is imported
    from pipeline.results import garbage as garbage_lib  # pylint: disable=import-outside-toplevel
  garbage_lib.find_garbage(output_dir)  # raises an error where no lock should be made
  with lock.hold(output_dir):
    garbage = garbage_lib.find_garbage(output_dir)
    sizes = {path: garbage_lib.size_of(path) for path in garbage.paths}
    for path, size in sizes.items():
      print(f'{size:>15,} bytes  {os.path.relpath(path, output_dir)}')
    print(f'Kept: {len(garbage.kept_runs)} runs (the latest of each model, and those of the pushed versions '
          f'{", ".join(map(str, garbage.versions)) or "none"})')
    if is_confirmed:
      garbage_lib.delete(garbage, output_dir)
    found = f'{len(sizes)} files and directories, {sum(sizes.values()):,} bytes'
    print(f'Deleted {found}.' if is_confirmed else f'{found}. Nothing was deleted: --yes deletes them.')


if __name__ == '__main__':
  start_up.run_program(main)
