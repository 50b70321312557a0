"""A driver for components that read a file or directory from outside of the pipeline."""

from typing import Callable

from tfx.dsl.components.base import base_driver
from tfx.orchestration.portable import base_driver as ir_base_driver
from tfx.proto.orchestration import driver_output_pb2


class SourceDriver(base_driver.BaseDriver, ir_base_driver.BaseDriver):
  """Puts a hash of the source's content into the cache key: another content under the same name is read anew.

  TFX's own fingerprint (count, bytes and modification time) misses an edit that keeps all three.

  Attributes:
    source: the execution property that holds the source's path.
    content_hash: path -> hash of the content.
  """

  source: str
  content_hash: Callable[[str], str]

  def __init__(self, mlmd_connection):
    # Components declare drivers of the first kind, runners call the second.
    base_driver.BaseDriver.__init__(self, mlmd_connection)
    ir_base_driver.BaseDriver.__init__(self, mlmd_connection)

  def run(self, execution_info):
    """Returns the execution property to add: `content_hash`."""
    output = driver_output_pb2.DriverOutput()
    path = execution_info.exec_properties[self.source]
    output.exec_properties['content_hash'].string_value = type(self).content_hash(path)
    return output
