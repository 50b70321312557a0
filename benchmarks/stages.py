"""Each stage, and all of them, against TFX's own IMDB example: the same reviews, a tenth each for eval and for test."""

from benchmarks import data
from benchmarks import example_pipeline
from benchmarks import pipeline_runs
from benchmarks import report

_DATA = {
    'ours': ('ImdbExampleGen', 'StatisticsGen', 'ImportSchemaGen', 'ExampleValidator', 'DataGate', 'Transform'),
    'theirs': ('CsvExampleGen', 'StatisticsGen', 'SchemaGen', 'ExampleValidator', 'Transform')}
_ROWS = {'ExampleGen': ('ImdbExampleGen', 'CsvExampleGen'), **{name: (name, name) for name in (
    'StatisticsGen', 'Transform', 'data stages', 'Trainer', 'Evaluator', 'all stages')}}


def measure(settings):
  """The rows of this piece."""
  path = data.csv_file(settings, with_split=False)
  steps = [settings.their_steps]
  if settings.their_steps < example_pipeline.RECOMMENDED_STEPS:
    # The first run installs and imports what the later ones find, which would hide what a step takes.
    steps = [1, settings.their_steps, 2 * settings.their_steps]

  def ours(turn):
    found = pipeline_runs.run(
        settings, path, settings.directory / f'ours-{turn}', 'cnn', eval_share=0.1, test_share=0.1)
    return _summed({name: value for name, value in found.items() if name not in ('whole', 'accuracy')}, 'ours')

  def theirs(turn):
    printed = example_pipeline.run(settings, path.parent, settings.directory / f'theirs-{turn}', steps)
    first, *more = map(pipeline_runs.stages, printed)
    if more:
      first['Trainer'] = extrapolated(*(run['Trainer'] for run in more), settings.their_steps)
    return _summed(first, 'theirs')

  mine, other = report.alternate(ours, theirs, settings.repeats)
  remark = f'theirs: run for {steps[-2]} and {steps[-1]} steps, extended linearly to 7,000' if len(steps) > 1 else ''
  return [report.Row('stages', what, mine[key], other[other_key], 's',
                     remark=remark if what in ('Trainer', 'all stages') else '')
          for what, (key, other_key) in _ROWS.items()]


def extrapolated(seconds, seconds_of_twice, steps):
  """Seconds of a training of RECOMMENDED_STEPS, from those of `steps` and of twice as many."""
  return seconds + (seconds_of_twice - seconds) / steps * (example_pipeline.RECOMMENDED_STEPS - steps)


def _summed(found, side):
  return {**found, 'data stages': sum(found[name] for name in _DATA[side]), 'all stages': sum(found.values())}
