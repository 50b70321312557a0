"""Runs TFX's own IMDB example, as the installed `tfx` has it, component by component.

  python -m benchmarks.example_pipeline DATA_DIRECTORY OUTPUT_DIR STEPS [STEPS ...] --eval-steps 800

Only some numbers are changed: those that its imdb_fetch_data.py recommends for the whole dataset (batches of 64, 800
validation steps), and the training steps. It runs on LocalDagRunner with this project's Beam flags, as its own choice
of several processes is slower on two cores. Each STEPS is a run in the same directory: later ones train again on cached
data.
"""

import argparse
import importlib
import importlib.util
import logging
import os
import pathlib
import re
import shlex
import subprocess
import sys
from typing import Sequence

from benchmarks import report

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
RECOMMENDED_STEPS = 7_000
_MODULE, _PIPELINE = 'imdb_utils_native_keras.py', 'imdb_pipeline_native_keras.py'


def _copy(name, destination, changes):
  """Copy a file of the example with some numbers changed; each pattern must match once."""
  directory = pathlib.Path(importlib.util.find_spec('tfx.examples.imdb').origin).parent
  source = (directory / name).read_text(encoding='utf-8')
  for pattern, replacement in changes.items():
    source, count = re.subn(pattern, replacement, source, flags=re.M)
    if count != 1:
      raise SystemExit(f'{name} of the installed tfx matches {pattern} {count} times instead of once: adapt {__file__}')
  path = destination / name
  path.write_text(source, encoding='utf-8')
  return path


def main() -> None:
  """Run the example, and print a line for each component, as local_runner.py does."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('data')
  parser.add_argument('output_dir', type=pathlib.Path)
  parser.add_argument('steps', type=int, nargs='+')
  parser.add_argument('--eval-steps', type=int, default=800)
  arguments = parser.parse_args()
  # pylint: disable=import-outside-toplevel
  from absl import logging as absl_logging
  import rich.console
  from tfx import v1 as tfx

  from components.common import progress_line
  from pipeline import beam_runners
  from pipeline.local import progress
  output_dir = arguments.output_dir
  code = output_dir / 'code'
  code.mkdir(parents=True)
  module = _copy(_MODULE, code, {r'^_TRAIN_BATCH_SIZE = 10$': '_TRAIN_BATCH_SIZE = 64',
                                 r'^_EVAL_BATCH_SIZE = 5$': '_EVAL_BATCH_SIZE = 64'})
  _copy(_PIPELINE, code, {r'num_steps=500\b': 'num_steps=_TRAIN_STEPS',
                          r'num_steps=200\b': f'num_steps={arguments.eval_steps}'})
  sys.path.insert(0, str(code))
  example = importlib.import_module(pathlib.Path(_PIPELINE).stem)
  console = rich.console.Console(file=sys.stdout, force_terminal=False, width=100)
  logging.getLogger().setLevel(logging.INFO)
  absl_logging.set_verbosity(absl_logging.INFO)  # Progress follows its lines
  for steps in arguments.steps:
    example._TRAIN_STEPS = steps  # pylint: disable=protected-access
    console.print(f'steps {steps}')
    with progress.Progress(console, lambda component: (False, progress_line.Description(''))):
      tfx.orchestration.LocalDagRunner().run(example._create_pipeline(  # pylint: disable=protected-access
          pipeline_name='example', pipeline_root=str(output_dir / 'root'), data_root=arguments.data,
          module_file=str(module), serving_model_dir=str(output_dir / 'serving'),
          metadata_path=str(output_dir / 'metadata.db'),
          beam_pipeline_args=shlex.split(beam_runners.beam_args(None))))


def run(settings: report.Settings, data_directory: pathlib.Path, output_dir: pathlib.Path,
        steps: Sequence[int]) -> list[str]:
  """Run this file in a process of its own.

  Args:
    settings: of the benchmark.
    data_directory: with a CSV file alone in it.
    output_dir: of the example.
    steps: training steps of each run.

  Returns:
    What each run printed.

  Raises:
    SystemExit: it failed; the message is the end of its log.
  """
  command = [sys.executable, '-m', 'benchmarks.example_pipeline', data_directory, output_dir, *steps,
             '--eval-steps', settings.example_eval_steps]
  environment = {'HOME': str(output_dir), 'TF_CPP_MIN_LOG_LEVEL': '3', **os.environ}
  process = subprocess.run([str(word) for word in command], cwd=_PROJECT, env=environment, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, check=False)
  if process.returncode:
    raise SystemExit(process.stderr[-3000:])
  return re.split(r'^steps \d+$', process.stdout, flags=re.M)[1:]


if __name__ == '__main__':
  main()
