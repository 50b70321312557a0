"""One local run from its parsed command line to an exit code: inputs, log file, lock, pipeline or comparison."""

import argparse
import contextlib
import logging
import os
import pathlib
import sys
import time
import webbrowser

import rich.console

import compat
from pipeline import config as config_lib
from pipeline import layout
from pipeline.local import command_line
from pipeline.local import console as console_lib
from pipeline.local import errors
from pipeline.local import exit_codes
from pipeline.local import interruption
from pipeline.local import lock
from pipeline.local import object_output
from pipeline.local import outcome


def execute(arguments: argparse.Namespace) -> int:
  """Do what a command line asks for.

  Args:
    arguments: as `command_line.build_parser` parses them.

  Returns:
    The exit code: OK, FAILED, USAGE or NOT_BLESSED of `exit_codes`.

  Raises:
    ValueError: the command line cannot be executed; the message says why and what to do.
    OSError: a file of the project or of Python cannot be read.
  """
  copy = object_output.replace_urls(arguments)
  command_line.check_paths(arguments)
  captured: list[str] = []
  with contextlib.ExitStack() as stack:
    if not arguments.verbose:
      # TensorFlow prints a lot when it is imported. It is kept for the log file, which does not exist yet.
      captured = stack.enter_context(console_lib.capture_output())
    configs = command_line.create_configs(arguments)
  inputs = command_line.fetch_inputs(arguments)
  configs = command_line.add_inputs(configs, inputs, arguments.model)
  log_path = _create_log(arguments.output_dir)
  start = time.monotonic()
  with console_lib.redirect_to_log(log_path, arguments.verbose) as console:
    for line in captured:
      print(line)
    names = ', '.join(config.model for config in configs)
    console.print(f'{names} on {inputs.data}, seed {arguments.seed}; '
                  f'output in {copy.url + ", by way of " if copy else ""}{os.path.relpath(arguments.output_dir)}')
    try:
      with lock.hold(arguments.output_dir), object_output.synchronize(copy, console):
        result = _run(arguments, inputs, configs, console)
    except Exception as error:  # pylint: disable=broad-except
      logging.getLogger(__name__).exception('the run failed')
      interruption.check()  # Beam replaces KeyboardInterrupt with another error
      console.print(f'FAILED  {errors.summarize_error(error)}', style='bold red', markup=False)
      return exit_codes.USAGE if isinstance(error, ValueError) else exit_codes.FAILED
    finally:
      console.print(f'{time.monotonic() - start:.0f} s; full log: {os.path.relpath(log_path)}')
  if arguments.open and result.report and not webbrowser.open(pathlib.Path(result.report).as_uri()):
    print('no browser could be started: open the report by hand', file=sys.stderr)
  return exit_codes.OK if result.blessed else exit_codes.NOT_BLESSED


def _create_log(output_dir: str) -> str:
  """Create the log file and return its path; raises ValueError if the output directory cannot be written."""
  path = os.path.join(layout.logs(output_dir), time.strftime('%Y%m%d-%H%M%S.log'))
  try:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'ab'):
      return path
  except OSError as error:
    raise ValueError(f'--output-dir {output_dir} cannot be written: {errors.summarize_error(error)}; '
                     'choose another directory') from error


def _run(arguments: argparse.Namespace, inputs: command_line.Inputs, configs: list[config_lib.PipelineConfig],
         console: rich.console.Console) -> outcome.Outcome:
  """Run the pipeline, or the comparison of several models."""
  compat.stub_unused_imports()
  compat.apply_patches()
  # Only now, because they import TFX, which takes some seconds and goes to the log.
  # pylint: disable=import-outside-toplevel
  from pipeline.local import compare
  from pipeline.local import run
  from pipeline.results import metadata
  metadata.check_store(arguments.output_dir)
  metadata.update_locations(arguments.output_dir)
  start = time.time()
  try:
    if arguments.compare is None:
      return run.run_model(configs[0], console)
    names = [config.model for config in configs]
    skipped = [name for name in command_line.select_models(arguments) if name not in names]
    return compare.compare_models(configs, skipped, arguments.model, console)
  finally:
    if arguments.explain_cache and metadata.components_with_artifacts(arguments.output_dir):
      run.show_cache_explanation(console, arguments.output_dir, start)
