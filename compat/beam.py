"""Apache Beam: faster compression, shorter ends of stages, and a flag that keeps TFX from packing itself."""

import zlib

PINNED = {'apache-beam': '2.62.0'}

# A named image keeps TFX from building a source package of itself, for workers on other machines, in each component.
NO_PACKAGE_FLAG = '--sdk_container_image=none'
# Beam compresses at zlib's default level: four times as long as at this one, for files a seventh smaller.
_COMPRESSION_LEVEL = 1
# Each stage ends by waiting for the thread that samples what it does, half of its period of 200 ms on average.
_SAMPLING_PERIOD_MS = 10


def apply_patches() -> None:
  """Apply all patches of this module."""
  compress_faster()
  shorten_stage_ends()


def compress_faster() -> None:
  """Make Beam write gzip files at zlib's lowest level."""
  zlib.Z_DEFAULT_COMPRESSION = _COMPRESSION_LEVEL  # type: ignore[misc]


def shorten_stage_ends() -> None:
  """Make Beam sample the state of a stage more often: the end of a stage waits for the next sample."""
  from apache_beam.runners.worker import statesampler  # pylint: disable=import-outside-toplevel
  statesampler.StateSampler.__init__.__defaults__ = (_SAMPLING_PERIOD_MS,)
