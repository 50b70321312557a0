"""Each stage, and all of them, against TFX's own IMDB example: the same reviews, a tenth each for eval and for test."""

from benchmarks import data
from benchmarks import example_pipeline
from benchmarks import pipeline_runs
from benchmarks import report

_DATA_COMPONENTS = {
    'ImdbExampleGen', 'CsvExampleGen', 'StatisticsGen', 'ImportSchemaGen', 'SchemaGen', 'ExampleValidator', 'DataGate',
    'Transform'}
# Components of this project and of TFX's example, by the row that compares them.
_ROWS = {'ExampleGen': ('ImdbExampleGen', 'CsvExampleGen'), **{name: (name, name) for name in (
    'StatisticsGen', 'Transform', 'data stages', 'Trainer', 'Evaluator', 'all stages')}}


def measure(settings: report.Settings) -> list[report.Row]:
  """Return the rows of this benchmark."""
  path = data.write_csv(settings, with_split=False)
  steps = [settings.example_steps]
  if settings.example_steps < example_pipeline.RECOMMENDED_STEPS:
    # The first run installs and imports what the later ones reuse, which would hide what a step takes.
    steps = [1, settings.example_steps, 2 * settings.example_steps]

  def run_project(turn):
    figures = pipeline_runs.run(
        settings.train_steps, path, settings.directory / f'project-{turn}', 'cnn', eval_share=0.1, test_share=0.1)
    return _with_sums({name: value for name, value in figures.items() if name not in ('whole', 'accuracy')})

  def run_example(turn):
    printed = example_pipeline.run(settings, path.parent, settings.directory / f'example-{turn}', steps)
    first, *more = map(pipeline_runs.component_seconds, printed)
    if more:
      first['Trainer'] = extrapolate(*(run['Trainer'] for run in more), settings.example_steps)
    return _with_sums(first)

  project, example = report.alternate(run_project, run_example, settings.repeats)
  remark = ''
  if len(steps) > 1:
    remark = f"TFX's example ran for {steps[-2]} and {steps[-1]} steps; its time for 7,000 is extrapolated linearly"
  return [report.Row('stages', what, project[key], example[example_key], 's',
                     remark=remark if what in ('Trainer', 'all stages') else '')
          for what, (key, example_key) in _ROWS.items()]


def extrapolate(seconds: float, seconds_of_twice: float, steps: int) -> float:
  """Return the seconds of a training of RECOMMENDED_STEPS, from those of `steps` and of twice as many."""
  return seconds + (seconds_of_twice - seconds) / steps * (example_pipeline.RECOMMENDED_STEPS - steps)


def _with_sums(seconds):
  return {**seconds, 'data stages': sum(seconds[name] for name in _DATA_COMPONENTS & set(seconds)),
          'all stages': sum(seconds.values())}
