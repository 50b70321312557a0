"""Runs the pipeline on this machine: from labelled reviews to a gated, pushed sentiment model."""

import os
import pathlib
import sys
from typing import Optional

from compat import cpython
from components.common import start_up
from pipeline import layout
from pipeline.local import exit_codes
from pipeline.local import interpreter


def main(argv: Optional[list] = None) -> int:
  """Run the pipeline as the command line asks.

  Args:
    argv: the flags; None for those of this process.

  Returns:
    The exit code; see `--help`.
  """
  start_up.prepare_process()
  problem = interpreter.find_problem()
  if problem:
    print(problem, file=sys.stderr)
    return exit_codes.USAGE
  cpython.import_from_source(str(pathlib.Path(__file__).resolve().parent), layout.PACKAGES)
  # Imports below need Python 3.10, and must come after the import hook.
  # pylint: disable=import-outside-toplevel
  from pipeline.local import errors
  from pipeline.local import interruption
  interruption.watch()
  try:
    from pipeline.local import command_line
    from pipeline.local import session
    return session.execute(command_line.build_parser().parse_args(argv))
  except BrokenPipeError:  # the reader of the output is gone, as in `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return exit_codes.INTERRUPTED
  except ValueError as error:
    print(f'local_runner.py: {error}', file=sys.stderr)
    return exit_codes.USAGE
  except OSError as error:
    print(f'local_runner.py: {errors.describe_os_error(error)}', file=sys.stderr)
    return exit_codes.USAGE
  except KeyboardInterrupt:
    print('interrupted: finished components are kept; run the same command again to resume', file=sys.stderr)
    return exit_codes.INTERRUPTED


if __name__ == '__main__':
  sys.exit(main())
