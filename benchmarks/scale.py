"""Ten times the reviews: what each component takes then, and how much memory.

  .venv/bin/python -m benchmarks.scale [--reviews 5000] [--model cnn] [--train-steps 400]

Runs the pipeline on sample data and on ten times as many reviews, scores all of them with the trained model on Beam,
and writes benchmarks/scale.png and a table.
"""

import argparse
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from components.common import plots
from pipeline.results import metadata
from pipeline.results import runs
from pipeline.sources import sample_data

_PROJECT = pathlib.Path(__file__).resolve().parent.parent
_STAGES = ('ImdbExampleGen', 'StatisticsGen', 'Transform', 'Evaluator')
_EPOCH, _SCORING = 'Trainer, one pass', 'BulkInferrer'
_SWITCHED_OFF = ('min_slice_accuracy=none', 'min_negation=0', 'min_minimum_functionality=0')


def measure(directory, reviews, model, train_steps):
  """Runs the pipeline and scores all reviews; returns the seconds of each stage and of one pass over train."""
  data, output_dir = directory / f'{reviews}.jsonl.gz', directory / str(reviews)
  sample_data.write_sample(str(data), reviews)
  settings = [word for setting in _SWITCHED_OFF for word in ('--set', setting)]
  command = [sys.executable, _PROJECT / 'local_runner.py', '--data', data, '--output-dir', output_dir, '--model', model,
             '--train-steps', train_steps, *settings]
  said = _run(command, 0, 3)  # 3: not blessed
  found = {match[1]: float(match[2]) for match in re.finditer(r'^  (\w+) +([\d.]+) s ', said, re.M)}
  run = runs.latest_run(str(output_dir))
  passes = run.properties['last_step'] * run.hparams()['batch_size'] / run.data_properties()['train']
  models = directory / f'models-{reviews}'
  models.mkdir()
  (models / '1').symlink_to(metadata.exported_model(metadata.Store(str(output_dir)).latest_execution('Trainer')))
  said = _run([sys.executable, _PROJECT / 'predict.py', '--batch', '--model-dir', models, '--input', data, '--output',
               directory / 'scored.jsonl.gz'], 0)
  scoring = float(re.search(rf'{_SCORING}: done after (\d+) s', said)[1])
  return {**{stage: found[stage] for stage in _STAGES}, _EPOCH: run.properties['training_seconds'] / passes,
          _SCORING: scoring}


def _run(command, *good):
  process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
  if process.returncode not in good:
    raise SystemExit(process.stdout)
  return process.stdout


def main():
  """Measures, prints the table and draws the plot."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--reviews', type=int, default=5_000)
  parser.add_argument('--model', default='cnn')
  parser.add_argument('--train-steps', type=int, default=400)
  arguments = parser.parse_args()
  sizes = arguments.reviews, 10 * arguments.reviews
  with tempfile.TemporaryDirectory() as directory:
    times = [measure(pathlib.Path(directory), size, arguments.model, arguments.train_steps) for size in sizes]
  memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
  print(f'{"stage":20} {sizes[0]:>10,} {sizes[1]:>10,}   ratio')
  for stage, small in times[0].items():
    print(f'{stage:20} {small:8.1f} s {times[1][stage]:8.1f} s {times[1][stage] / small:7.1f}')
  print(f'peak memory of a process: {memory:.1f} GB')
  axes = plots.new_axes(f'Ten times the reviews ({arguments.model}, at most {memory:.1f} GB)', 'Reviews', 'Seconds')
  for (stage, small), colour in zip(times[0].items(), plots.COLOURS):
    axes.loglog(sizes, [small, times[1][stage]], 'o-', color=colour, label=stage)
  axes.loglog(sizes, [1, 10], '--', color=plots.COLOURS[-1], linewidth=1, label='in proportion')
  axes.legend(frameon=False)
  axes.figure.savefig(pathlib.Path(__file__).with_suffix('.png'), dpi=110)


if __name__ == '__main__':
  main()
