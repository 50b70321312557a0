"""Counts of a Beam job."""

import apache_beam as beam
from apache_beam.options import pipeline_options

from components.common import job_counts
from pipeline import beam_runners


def _count(number):
  if number:
    yield job_counts.count('reviews', number)
  yield number


def test_what_is_computed_twice_is_counted_once():
  pipeline = beam.Pipeline(options=pipeline_options.PipelineOptions(beam_runners.beam_args('direct').split()))
  counted = pipeline | beam.Create([2, 3, 0]) | beam.FlatMap(_count).with_outputs(job_counts.TAG, main='numbers')
  other = pipeline | 'Other' >> beam.Create([('words', 0), ('reviews', 1)])
  job_counts.publish([counted[job_counts.TAG], other])
  again = pipeline | 'Again' >> beam.Create([('reviews', 6)])  # as Spark does after the loss of a worker
  again | beam.MapTuple(job_counts._publish)  # pylint: disable=expression-not-assigned,protected-access
  result = pipeline.run()
  result.wait_until_finish()
  assert job_counts.read(result) == {'reviews': 6, 'words': 0}
