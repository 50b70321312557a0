"""TFX beyond its public API `tfx.v1`; import this only where TFX is imported anyway.

All of it is needed for right results. Executors get the flags of their Beam pipeline and the name of the run from a
method and an attribute that TFX keeps for subclasses: there is no public way. `Driver`: TFX has two classes of drivers.
A component must declare one of the first kind (`BaseComponent` checks this), but LocalDagRunner constructs and calls it
as one of the second kind. Without a driver of our own, a cache key cannot hold the content of a file outside of the
pipeline, and old results would be reused.
"""

from typing import Any, Optional

import apache_beam as beam
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.components.base import base_driver
from tfx.dsl.components.base import base_executor
from tfx.dsl.components.base import base_node
from tfx.orchestration.portable import base_driver as portable_base_driver

PINNED = {'tfx': '1.15.1'}


class Driver(base_driver.BaseDriver, portable_base_driver.BaseDriver):
  """Base class of custom drivers: what a component may declare and what a runner calls.

  Subclasses implement `run(execution_info) -> driver_output_pb2.DriverOutput`, whose execution properties become part
  of the cache key.
  """

  def __init__(self, mlmd_connection: Any) -> None:
    base_driver.BaseDriver.__init__(self, mlmd_connection)
    portable_base_driver.BaseDriver.__init__(self, mlmd_connection)


def executor_context(executor: base_executor.BaseExecutor) -> Optional[base_executor.BaseExecutor.Context]:
  """Return what the runner told an executor about the pipeline and its run, or None if it was told nothing."""
  return executor._context  # pylint: disable=protected-access


def make_beam_pipeline(executor: base_beam_executor.BaseBeamExecutor) -> beam.Pipeline:
  """Return a new Beam pipeline with the flags of an executor's component."""
  return executor._make_beam_pipeline()  # pylint: disable=protected-access


def has_custom_driver(node: base_node.BaseNode) -> bool:
  """Return whether a node's driver is not TFX's own, which version 2 of Kubeflow Pipelines does not run."""
  return getattr(node, 'driver_class', base_driver.BaseDriver) is not base_driver.BaseDriver
