"""How the time of each component, and the memory, grow with ten times the reviews.

  .venv/bin/python -m benchmarks.scale [--reviews 5000] [--model cnn] [--train-steps 400]

Runs the pipeline on sample data and on ten times as much, scores all of it with the trained model on Beam, prints a
table and draws benchmarks/scale.png.
"""

import argparse
import pathlib
import re
import resource
import tempfile

import matplotlib

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from benchmarks import pipeline_runs
from components.common import plots
from pipeline.results import metadata
from pipeline.results import runs
from pipeline.sources import sample_data

_STAGES = ('ImdbExampleGen', 'StatisticsGen', 'Transform', 'Evaluator')
_EPOCH, _SCORING = 'Trainer, one pass', 'BulkInferrer'


def measure(directory: pathlib.Path, reviews: int, model: str, train_steps: int) -> dict[str, float]:
  """Run the pipeline on sample data, and score the data.

  Args:
    directory: for data and outputs.
    reviews: their number.
    model: its name.
    train_steps: training steps.

  Returns:
    The seconds of each stage, of one pass over train, and of the scoring.
  """
  data, output_dir = directory / f'{reviews}.jsonl.gz', directory / str(reviews)
  sample_data.write_sample(str(data), reviews)
  seconds = pipeline_runs.run(train_steps, data, output_dir, model)
  run = runs.latest_run(str(output_dir))
  passes = run.properties['last_step'] * run.hparams()['batch_size'] / run.data_properties()['train']
  models = directory / f'models-{reviews}'
  models.mkdir()
  (models / '1').symlink_to(metadata.exported_model(metadata.Store(str(output_dir)).latest_execution('Trainer')))
  output = pipeline_runs.execute(
      'predict.py', '--batch', '--model-dir', models, '--input', data, '--output', directory / 'scored.jsonl.gz')
  scoring = float(re.search(rf'{_SCORING} finished after (\d+) s', output)[1])
  return {**{stage: seconds[stage] for stage in _STAGES}, _EPOCH: run.properties['training_seconds'] / passes,
          _SCORING: scoring}


def main() -> None:
  """Measure, print the table and draw the plot."""
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
  axes.loglog(sizes, [1, 10], '--', color=plots.COLOURS[-1], linewidth=1, label='proportional')
  axes.legend(frameon=False)
  axes.figure.savefig(pathlib.Path(__file__).with_suffix('.png'), dpi=110)


if __name__ == '__main__':
  main()
