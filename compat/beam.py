"""Apache Beam: faster compression and construction of pipelines, a flag for TFX's remote workers, and the known flags.

All but the last save CPU time, which `python -m benchmarks patches` measures: where nothing else is said, medians of 6
runs on 37,500 reviews with 2 cores. A shorter period of the state sampler saved less than a second in any component, so
it is not here. A worker that was forked gets its id here.
"""

import bz2
import functools
import logging
import types
from typing import Any
import weakref
import zlib

PINNED = {'apache-beam': '2.62.0', 'dill': '0.3.1.1', 'tfx': '1.15.1'}

# If an image is named, TFX does not build a source package of itself, for workers on other machines, in each Beam
# component. Saves 1.1 s of ImdbExampleGen, 1.0 s of StatisticsGen, .8 s of Transform.
NO_PACKAGE_FLAG = '--sdk_container_image=none'
_COMPRESSION_LEVEL = 1


def apply_patches() -> None:
  """Apply the patches of this module."""
  compress_faster()
  inspect_dofns_once()
  keep_log_level_of_dill()
  compress_pickles_faster()
  view_options_once()


def compress_faster() -> None:
  """Make Beam write gzip files at zlib's lowest level; they are a seventh larger.

  Saves 1.9 of 7.4 s of ImdbExampleGen. Beam has no setting for the level: it takes zlib's default.
  """
  from apache_beam.io import filesystem  # pylint: disable=import-outside-toplevel
  original = filesystem.CompressedFile._initialize_compressor  # pylint: disable=protected-access
  if hasattr(original, '__wrapped__'):
    return

  @functools.wraps(original)
  def initialize(self):
    original(self)
    if self._compression_type == filesystem.CompressionTypes.GZIP:
      self._compressor = zlib.compressobj(_COMPRESSION_LEVEL, zlib.DEFLATED, self._gzip_mask)

  filesystem.CompressedFile._initialize_compressor = initialize  # pylint: disable=protected-access


def inspect_dofns_once() -> None:
  """Make Beam remember which state and timers a class of DoFns has.

  Beam asks 4,400 times in a run, however small its data are, and inspects the signatures of all 31 methods of the DoFn
  each time: .54 ms a call. This and `keep_log_level_of_dill` save 1.3 of 2.4 s of the statistics of 50 texts, and .6 of
  4.2 s of Transform on them.
  """
  from apache_beam.transforms import userstate  # pylint: disable=import-outside-toplevel
  original = userstate.get_dofn_specs
  if hasattr(original, '__wrapped__'):
    return
  found: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

  @functools.wraps(original)
  def inspect_once(dofn):
    if any(isinstance(value, types.MethodType) for value in vars(dofn).values()):  # of this DoFn alone
      return original(dofn)
    if type(dofn) not in found:
      found[type(dofn)] = original(dofn)
    states, timers = found[type(dofn)]
    return set(states), set(timers)

  userstate.get_dofn_specs = inspect_once


def keep_log_level_of_dill() -> None:
  """Set the level of dill's logger only if it changes.

  Beam sets it, to what it is, after each object that it pickles or unpickles, and each time, logging clears the caches
  of all 900 loggers.
  """
  from dill import _dill  # pylint: disable=import-outside-toplevel
  original = _dill._trace  # pylint: disable=protected-access
  if hasattr(original, '__wrapped__'):
    return

  @functools.wraps(original)
  def trace(boolean):
    if boolean or _dill.log.level != logging.WARNING:
      original(boolean)

  _dill._trace = trace  # pylint: disable=protected-access


def compress_pickles_faster() -> None:
  """Make Beam compress pickled objects, mostly of a few kB, at bzip2's lowest level.

  Beam takes the highest, for which bzip2 prepares a block of 900 kB for each of 3,000 objects of a run. What reads them
  does not depend on the level. This and `view_options_once` save .5 of 1.2 s of the statistics of 50 texts.
  """
  from apache_beam.internal import dill_pickler  # pylint: disable=import-outside-toplevel
  dill_pickler.bz2 = types.SimpleNamespace(
      compress=lambda data, compresslevel: bz2.compress(data, 1), decompress=bz2.decompress)


def view_options_once() -> None:
  """Make Beam remember the views of its options: it parses them at each transform that is applied."""
  from apache_beam.options import pipeline_options  # pylint: disable=import-outside-toplevel
  original = pipeline_options.PipelineOptions.view_as
  if hasattr(original, '__wrapped__'):
    return
  views: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()

  @functools.wraps(original)
  def view_once(self, cls):
    found = views.setdefault(self, {})
    if cls not in found:
      found[cls] = original(self, cls)
    return found[cls]

  pipeline_options.PipelineOptions.view_as = view_once


def known_flags() -> frozenset[str]:
  """Return the flags that Beam knows, such as `--parallelism`; it ignores others, or passes them to a job server."""
  from apache_beam.options import pipeline_options  # pylint: disable=import-outside-toplevel
  # pylint: disable=protected-access
  parser = pipeline_options._BeamArgumentParser(allow_abbrev=False)
  for options in pipeline_options.PipelineOptions.__subclasses__():
    options._add_argparse_args(parser)
  return frozenset(parser._option_string_actions)


def set_worker_id(worker_id: str) -> None:
  """Set the id that a worker sends with its requests for state; Beam takes it from WORKER_ID when it is imported."""
  from apache_beam.runners.worker import worker_id_interceptor  # pylint: disable=import-outside-toplevel
  worker_id_interceptor.WorkerIdInterceptor._worker_id = worker_id  # pylint: disable=protected-access
