"""The flags of Beam's runners."""

import socket
import threading

import pytest

from pipeline import beam_runners
from pipeline import config
from pipeline import pipeline


def test_flags_of_the_user_replace_those_of_the_runner():
  assert beam_runners.beam_args(None) == beam_runners.beam_args('direct')
  assert '--direct_num_workers=1' in beam_runners.beam_args('direct').split()
  flags = beam_runners.beam_args('multiprocess', ['--direct_num_workers=3']).split()
  assert '--direct_num_workers=3' in flags and '--direct_num_workers=0' not in flags
  flags = beam_runners.beam_args('flink', ['--flink_master=flink:8081', '--environment_config={"a": 1}'])
  assert flags == "--runner=FlinkRunner --flink_master=flink:8081 '--environment_config={\"a\": 1}'"


def test_flags_of_a_job_server_are_passed_on():
  assert '--of_my_server=x' in beam_runners.beam_args('portable', ['--job_endpoint=here:8099', '--of_my_server=x'])


@pytest.mark.parametrize('name, extra, message', [
    ('flnk', [], "unknown runner 'flnk' for --beam; choose from: direct, "),
    ('flink', [], '--beam flink requires --beam-arg=--flink_master=HOST:PORT, the address of the JobManager'),
    ('portable', [], '--beam portable requires --beam-arg=--job_endpoint=HOST:PORT, the address of a job service'),
    ('dataflow', ['--project=p', '--region=r'],
     '--beam dataflow requires --beam-arg=--temp_location=gs://BUCKET/FOLDER, for temporary files'),
    ('direct', ['parallelism=8'], 'is not a flag of a Beam runner: write it as --beam-arg=--parallelism=8'),
    ('direct', ['--runner=FlinkRunner'], 'the runner itself is chosen with --beam'),
    ('direct', ['--direct_num_worker=8'], 'Beam knows no --direct_num_worker; did you mean --direct_num_workers'),
    ('flink', ['--flink_master=flink:8081', '--paralelism=8'], 'did you mean --parallelism'),
    ('direct', ['--direct_running_mode=multi_threading'], 'Beam lost 5 of 37,500 reviews'),
])
def test_wrong_flags_are_named_with_the_fix(name, extra, message):
  with pytest.raises(ValueError, match=message):
    beam_runners.beam_args(name, extra)


@pytest.mark.slow
@pytest.mark.parametrize(
    'endpoint', ['127.0.0.1:{port}', 'no.such.host.invalid:{port}', '127.0.0.1:port', '127.0.0.1:77777'])
def test_an_address_without_a_job_service_is_refused(endpoint):
  with socket.create_server(('127.0.0.1', 0)) as server:
    port = server.getsockname()[1]
    beam_runners.await_job_service(beam_runners.beam_args('portable', [f'--job_endpoint=127.0.0.1:{port}']), 0)
  flags = beam_runners.beam_args('portable', ['--job_endpoint=' + endpoint.format(port=port)])
  with pytest.raises(ValueError, match='--job_endpoint=.*: no job service answers there'):
    beam_runners.await_job_service(flags, 0)


@pytest.mark.slow
def test_a_job_service_that_starts_is_waited_for():
  with socket.create_server(('127.0.0.1', 0)) as server:
    port = server.getsockname()[1]

  def start():
    with socket.create_server(('127.0.0.1', port)) as server:
      server.accept()

  starts = threading.Timer(0.2, start)
  starts.start()
  beam_runners.await_job_service(f'--job_endpoint=127.0.0.1:{port}')
  starts.join()


def test_remote_runners_do_not_read_the_source():
  flags = beam_runners.beam_args('dataflow', ['--project=p', '--region=r', '--temp_location=gs://b/t'])
  made = pipeline.create_pipeline(
      config.PipelineConfig(data='/gcs/b/reviews.csv', output_dir='/gcs/b', beam_args=flags))
  used = {node.id: getattr(node.executor_spec, 'beam_pipeline_args', None) for node in made.components
          if hasattr(node, 'executor_spec')}
  last = {name: [flag for flag in flags or () if flag.startswith('--runner=')][-1:] for name, flags in used.items()}
  # Of two flags of a name, Beam takes the last. The source is mounted in the step, not in the workers.
  assert last['ImdbExampleGen'] == ['--runner=DirectRunner']
  assert last['Transform'] == last['Evaluator'] == ['--runner=DataflowRunner']
