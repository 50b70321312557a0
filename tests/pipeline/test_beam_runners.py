import pytest

from pipeline import beam_runners


def test_each_runner_gets_its_flags_after_those_of_the_user():
  assert beam_runners.arguments(None) == beam_runners.arguments('direct')
  assert '--direct_num_workers=1' in beam_runners.arguments('direct').split()
  flags = beam_runners.arguments('multiprocess', ['--direct_num_workers=3']).split()
  assert '--direct_num_workers=3' in flags and '--direct_num_workers=0' not in flags
  flags = beam_runners.arguments('flink', ['--flink_master=flink:8081', '--environment_config={"a": 1}'])
  assert flags == "--runner=FlinkRunner --flink_master=flink:8081 '--environment_config={\"a\": 1}'"


@pytest.mark.parametrize('name, extra, message', [
    ('flnk', [], "unknown runner 'flnk' for --beam; choose from: direct, "),
    ('flink', [], '--beam flink needs --beam-arg=--flink_master=HOST:PORT, HOST:PORT of the JobManager'),
    ('portable', [], '--beam portable needs --beam-arg=--job_endpoint=HOST:PORT'),
    ('dataflow', ['--project=p', '--region=r'], '--beam dataflow needs --beam-arg=--temp_location=gs://BUCKET/FOLDER'),
    ('direct', ['parallelism=8'], 'a flag of Beam was expected'),
    ('direct', ['--runner=FlinkRunner'], 'the runner itself is chosen with --beam'),
    ('direct', ['--direct_running_mode=multi_threading'], 'Beam has lost 5 of 37,500 reviews'),
])
def test_what_is_missing_is_named(name, extra, message):
  with pytest.raises(ValueError, match=message):
    beam_runners.arguments(name, extra)


def test_reviews_are_read_where_they_are_mounted():
  from pipeline import config  # pylint: disable=import-outside-toplevel
  from pipeline import pipeline  # pylint: disable=import-outside-toplevel
  flags = beam_runners.arguments('dataflow', ['--project=p', '--region=r', '--temp_location=gs://b/t'])
  made = pipeline.create_pipeline(config.PipelineConfig(data='/gcs/b/reviews.csv', output_dir='/gcs/b', beam_args=flags))
  used = {node.id: getattr(node.executor_spec, 'beam_pipeline_args', None) for node in made.components
          if hasattr(node, 'executor_spec')}
  last = {name: [flag for flag in flags or () if flag.startswith('--runner=')][-1:] for name, flags in used.items()}
  assert last['ImdbExampleGen'] == ['--runner=DirectRunner']  # the last one counts
  assert last['Transform'] == last['Evaluator'] == ['--runner=DataflowRunner']
