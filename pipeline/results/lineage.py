"""Writes a page about the lineage of all runs of an output directory: data, models, pushed versions, and the cache."""

import argparse
import sys
from typing import Optional, Sequence

from components.common import start_up
from pipeline import layout
from pipeline.local import console
from pipeline.local import errors


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Run the command line.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0, or 1 if the page cannot be written.
  """
  start_up.prepare_process()
  parser = argparse.ArgumentParser(prog='python -m pipeline.results.lineage', description=__doc__)
  parser.add_argument('--output-dir', default=layout.OUTPUT_DIR, metavar='DIR', help=(
      'of the runs (default: output/ in the project)'))
  arguments = parser.parse_args(argv)
  with console.capture_output():  # TensorFlow prints a lot when it is imported
    from pipeline.results import lineage_page  # pylint: disable=import-outside-toplevel
  try:
    print(f'Lineage: {lineage_page.write_page(arguments.output_dir)}')
    return 0
  except (OSError, ValueError) as error:
    print(f'lineage: {errors.describe_os_error(error) if isinstance(error, OSError) else error}', file=sys.stderr)
    return 1


if __name__ == '__main__':
  start_up.run_program(main)
