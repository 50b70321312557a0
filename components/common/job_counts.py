"""Counts of what a Beam job has done, exact on every engine.

Beam's counters are not: Spark may compute a result several times, and counts it as often. Here, counts are elements
that Beam adds up, and the sums are published as distributions, whose maximum stays the same.
"""

from typing import Sequence

import apache_beam as beam
from apache_beam.metrics import metric
from apache_beam.runners import runner

TAG = 'counts'
_NAMESPACE = 'counts'


def count(kind: str, number: int) -> beam.pvalue.TaggedOutput:
  """Return an element for the output TAG of a function.

  Args:
    kind: what is counted.
    number: of it.
  """
  return beam.pvalue.TaggedOutput(TAG, (kind, number))


def publish(collections: Sequence[beam.PCollection]) -> None:
  """Add up what was counted, for `read`.

  Args:
    collections: outputs TAG of a job's functions, or others of (kind, number).
  """
  # pylint: disable-next=expression-not-assigned
  (collections
   | 'Counts' >> beam.Flatten()
   | 'AddUpCounts' >> beam.CombinePerKey(sum)
   | 'PublishCounts' >> beam.MapTuple(_publish))


def _publish(kind: str, number: int) -> None:
  metric.Metrics.distribution(_NAMESPACE, kind).update(number)


def read(result: runner.PipelineResult) -> dict[str, int]:
  """Return the counts of a job that has ended, by kind."""
  found = result.metrics().query(metric.MetricsFilter().with_namespace(_NAMESPACE))['distributions']
  return {each.key.metric.name: each.result.max for each in found}
