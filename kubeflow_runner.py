"""Compiles the pipeline into a package for Kubeflow Pipelines or Vertex AI, or submits one. See docs/kubeflow.md."""

import logging
import sys
from typing import Optional, Sequence

from components.common import start_up
from pipeline.local import exit_codes
from pipeline.local import interpreter


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Do what the command line asks for.

  Args:
    argv: the arguments; None for those of this process.

  Returns:
    The exit code; see `--help`.
  """
  start_up.prepare_process()
  problem = interpreter.find_problem()
  if problem:
    print(problem, file=sys.stderr)
    return exit_codes.USAGE
  start_up.silence_libraries()
  logging.getLogger().setLevel(logging.ERROR)
  from pipeline.kubeflow import command_line  # pylint: disable=import-outside-toplevel  # needs Python 3.10
  arguments = command_line.build_parser().parse_args(argv)
  commands = {'compile': command_line.compile_package, 'submit': command_line.submit_package}
  try:
    commands[arguments.command](arguments)
  except ImportError as error:
    if (error.name or '').partition('.')[0] != 'kfp':
      raise
    print('kubeflow_runner.py: kfp is not installed: run `make setup`', file=sys.stderr)
    return exit_codes.USAGE
  except ValueError as error:
    print(f'kubeflow_runner.py: {error}', file=sys.stderr)
    return exit_codes.USAGE
  except OSError as error:
    print(f'kubeflow_runner.py: {error}', file=sys.stderr)
    return exit_codes.FAILED
  return exit_codes.OK


if __name__ == '__main__':
  start_up.run_program(main)
