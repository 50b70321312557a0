"""Reaches into TFX beyond its public API, `tfx.v1`.

`Driver`: TFX has two classes of drivers. A component must declare one of the first kind (`BaseComponent` checks this), but
LocalDagRunner constructs and calls the one that was declared as the second kind. Needed for right results: without a
driver of our own, a cache key cannot hold the content of a file outside of the pipeline, and old results are reused.
"""

from tfx.dsl.components.base import base_driver
from tfx.orchestration.portable import base_driver as portable_base_driver

PINNED = {'tfx': '1.15.1'}


class Driver(base_driver.BaseDriver, portable_base_driver.BaseDriver):
  """Base class of custom drivers: what a component may declare and what a runner calls.

  Subclasses implement `run(execution_info) -> driver_output_pb2.DriverOutput`, whose execution properties become part of
  the cache key.
  """

  def __init__(self, mlmd_connection):
    base_driver.BaseDriver.__init__(self, mlmd_connection)
    portable_base_driver.BaseDriver.__init__(self, mlmd_connection)
