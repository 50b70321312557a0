"""A driver for components that read a file or directory from outside of the pipeline."""

from typing import Callable

from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from compat import tfx as tfx_compat


class SourceDriver(tfx_compat.Driver):
  """Adds a hash of the source's content to the cache key, so that changed content under the same path is read again.

  TFX's own fingerprint (number of files, bytes and modification time) misses an edit that changes none of the three.

  Attributes:
    source: name of the execution property that holds the source's path.
    content_hash: function from the path to a hash of the content; a static method.
  """

  source: str
  content_hash: Callable[..., str]

  def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
    """Return the execution property to add: `content_hash`."""
    output = driver_output_pb2.DriverOutput()
    path = execution_info.exec_properties[self.source]
    output.exec_properties['content_hash'].string_value = type(self).content_hash(path)
    return output
