"""TFX's own IMDB example, as the installed `tfx` has it, run stage by stage.

  python -m benchmarks.example_pipeline DATA_FOLDER OUTPUT_DIR STEPS [STEPS ...] --eval-steps 800

Changed are only the numbers that its imdb_fetch_data.py recommends for the whole dataset (batches of 64, 800 validation
steps) and the training steps. It runs on LocalDagRunner and with our Beam flags; its own choice, several processes, is
slower on two cores. Each STEPS is a run in the same directory: later ones train anew on what is cached.
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

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
RECOMMENDED_STEPS = 7_000
_MODULE, _PIPELINE = 'imdb_utils_native_keras.py', 'imdb_pipeline_native_keras.py'


def _copy(name, destination, changes):
  """Copies a file of the example with numbers changed; each change must fit once."""
  folder = pathlib.Path(importlib.util.find_spec('tfx.examples.imdb').origin).parent
  source = (folder / name).read_text(encoding='utf-8')
  for pattern, new in changes.items():
    source, count = re.subn(pattern, new, source, flags=re.M)
    if count != 1:
      raise SystemExit(f'{name} of this tfx has {count} places for {pattern}: it is another version')
  path = destination / name
  path.write_text(source, encoding='utf-8')
  return path


def main():
  """Prints a line for each component, as local_runner.py does."""
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
  absl_logging.set_verbosity(absl_logging.INFO)  # the lines that Progress follows
  for steps in arguments.steps:
    example._TRAIN_STEPS = steps  # pylint: disable=protected-access
    console.print(f'steps {steps}')
    with progress.Progress(console, lambda component: (False, '')):
      tfx.orchestration.LocalDagRunner().run(example._create_pipeline(  # pylint: disable=protected-access
          pipeline_name='example', pipeline_root=str(output_dir / 'root'), data_root=arguments.data,
          module_file=str(module), serving_model_dir=str(output_dir / 'serving'),
          metadata_path=str(output_dir / 'metadata.db'),
          beam_pipeline_args=shlex.split(beam_runners.arguments(None))))


def run(settings, data_folder, output_dir, steps):
  """Runs this file in a process of its own; returns what it printed, one text for each of the steps."""
  command = [sys.executable, '-m', 'benchmarks.example_pipeline', data_folder, output_dir, *steps,
             '--eval-steps', settings.their_eval_steps]
  environment = {'HOME': str(output_dir), 'TF_CPP_MIN_LOG_LEVEL': '3', **os.environ}
  process = subprocess.run([str(word) for word in command], cwd=_PROJECT, env=environment, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, check=False)
  if process.returncode:
    raise SystemExit(process.stderr[-3000:])
  return re.split(r'^steps \d+$', process.stdout, flags=re.M)[1:]


if __name__ == '__main__':
  main()
