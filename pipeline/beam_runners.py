"""The Beam runners that --beam names, and the flags that each needs, for all Beam components of a run."""

import difflib
import shlex
import socket
import time
from typing import Optional, Sequence

from compat import beam
from pipeline.engines import parts

_LOCAL = ('--runner=DirectRunner', beam.NO_PACKAGE_FLAG)
# Despite its help, Beam gives up on a job of Prism, or of its own job service, after that many seconds; default: 60.
_NO_TIMEOUT = '--job_server_timeout=604800'
_RUNNERS = {
    # One process with the elements in memory: the fastest for some ten thousand examples.
    'direct': (*_LOCAL, '--direct_running_mode=in_memory', '--direct_num_workers=1'),
    'multiprocess': (*_LOCAL, '--direct_running_mode=multi_processing', '--direct_num_workers=0'),
    'portable': ('--runner=PortableRunner', _NO_TIMEOUT),
    'prism': ('--runner=PortableRunner', _NO_TIMEOUT),
    'flink': ('--runner=FlinkRunner',),
    'spark': ('--runner=SparkRunner',),
    'dataflow': ('--runner=DataflowRunner', '--experiments=use_runner_v2'),
}
# Engines that can be started on this machine, for a run without their address.
_HERE = {
    'prism': ('--runner=pipeline.engines.runners.PrismRunner', beam.NO_PACKAGE_FLAG, _NO_TIMEOUT),
    # One worker: on two cores, a second one costs 50,000 reviews more time than it saves. The stages of a job share it.
    'flink': ('--runner=pipeline.engines.runners.FlinkRunner', beam.NO_PACKAGE_FLAG, '--parallelism=1',
              '--environment_cache_millis=600000'),
    'spark': ('--runner=pipeline.engines.runners.SparkRunner', beam.NO_PACKAGE_FLAG,
              '--environment_cache_millis=600000'),
}
# Flags that a runner cannot do without: (what the value looks like, what it is).
_REQUIRED = {
    'portable': {'job_endpoint': ('HOST:PORT', 'the address of a job service')},
    'prism': {'job_endpoint': ('HOST:PORT', 'the address of its job service')},
    'flink': {'flink_master': ('HOST:PORT', 'the address of the JobManager')},
    'spark': {'spark_master_url': ('spark://HOST:PORT', 'the address of the master')},
    'dataflow': {'project': ('PROJECT', 'the Google Cloud project'), 'region': ('REGION', 'where the job runs'),
                 'temp_location': ('gs://BUCKET/FOLDER', 'for temporary files')},
}
NAMES = tuple(_RUNNERS)
DEFAULT = 'direct'
_SIMILAR = 0.8  # of names, by difflib: 1 letter of 5 may differ


def beam_args(name: Optional[str], extra: Sequence[str] = (), here: bool = False) -> str:
  """Return the flags of a runner, for PipelineConfig.beam_args.

  Args:
    name: one of NAMES, or None for DEFAULT.
    extra: more flags, such as '--parallelism=8'; each replaces the runner's own of the same name.
    here: whether an engine without an address is to be started on this machine.

  Returns:
    The flags, quoted as for a shell.

  Raises:
    ValueError: the runner is unknown, a flag is not one, is misspelt or would lose elements, or a flag that the runner
      requires is missing, or an engine is to be started that is not on this machine.
  """
  name = name or DEFAULT
  if name not in _RUNNERS:
    raise ValueError(f'unknown runner {name!r} for --beam; choose from: {", ".join(NAMES)}')
  for flag in extra:
    if not flag.startswith('--') or flag.startswith('--runner'):
      raise ValueError(f'--beam-arg {flag} is not a flag of a Beam runner: write it as --beam-arg=--parallelism=8; '
                       'the runner itself is chosen with --beam')
    if flag.endswith('=multi_threading'):
      raise ValueError(f'--beam-arg {flag}: with threads, Beam lost 5 of 37,500 reviews in one of five runs; '
                       'use --beam multiprocess')
  _check_spelling(extra)
  given = {_key(flag) for flag in extra}
  own = _RUNNERS[name]
  for key, (value, meaning) in _REQUIRED.get(name, {}).items():
    if key in given:
      continue
    if not here or name not in _HERE:
      raise ValueError(f'--beam {name} requires --beam-arg=--{key}={value}, {meaning}')
    parts.require(name)
    own = _HERE[name]
  return shlex.join([*(flag for flag in own if _key(flag) not in given), *extra])


def _check_spelling(flags: Sequence[str]) -> None:
  """Raise ValueError for a flag that resembles one of Beam's, which ignores flags that it does not know."""
  if not flags:
    return
  known = beam.known_flags()  # imports Beam
  for flag in flags:
    name = flag.partition('=')[0]
    nearest = difflib.get_close_matches(name, known, 1, cutoff=_SIMILAR)
    if name not in known and nearest:
      raise ValueError(f'--beam-arg {flag}: Beam knows no {name}; did you mean {nearest[0]}?')


def await_job_service(flags: str, seconds: float = 60) -> None:
  """Wait until the job service that flags name, if any, takes connections.

  Args:
    flags: what `beam_args` returned.
    seconds: how long to wait for a service that is being started.

  Raises:
    ValueError: nothing answers at its address.
  """
  endpoints = [flag.partition('=')[2] for flag in shlex.split(flags) if _key(flag) == 'job_endpoint']
  host, has_port, port = endpoints[-1].rpartition(':') if endpoints else ('', '', '')
  if not has_port:
    return
  end = time.monotonic() + seconds
  while True:
    try:
      socket.create_connection((host.strip('[]'), int(port)), timeout=10).close()
      return
    except (OSError, ValueError, OverflowError) as error:
      if time.monotonic() > end or not isinstance(error, ConnectionRefusedError):
        raise ValueError(
            f'--beam-arg=--job_endpoint={endpoints[-1]}: no job service answers there ({error}): start '
            'one, or correct HOST:PORT') from error
      time.sleep(0.5)


def is_remote(flags: str) -> bool:
  """Return whether flags are of a runner whose workers share no file system with the steps of the pipeline.

  Args:
    flags: what `beam_args` returned.
  """
  return '--runner=DataflowRunner' in shlex.split(flags)


def _key(flag: str) -> str:
  return flag.removeprefix('--').partition('=')[0]
