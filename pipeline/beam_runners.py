"""Beam's runners by name: the flags that each needs, for all Beam components of a run."""

import shlex
from typing import Optional, Sequence

from compat import beam

_HERE = ('--runner=DirectRunner', beam.NO_PACKAGE_FLAG)
_RUNNERS = {
    # One process, elements in memory: the quickest for some ten thousand reviews.
    'direct': (*_HERE, '--direct_running_mode=in_memory', '--direct_num_workers=1'),
    'multiprocess': (*_HERE, '--direct_running_mode=multi_processing', '--direct_num_workers=0'),
    'portable': ('--runner=PortableRunner',),
    'flink': ('--runner=FlinkRunner',),
    'spark': ('--runner=SparkRunner',),
    'dataflow': ('--runner=DataflowRunner', '--experiments=use_runner_v2'),
}
_REQUIRED = {
    'portable': {'job_endpoint': 'HOST:PORT of a job service'},
    'flink': {'flink_master': 'HOST:PORT of the JobManager'},
    'spark': {'spark_master_url': 'spark://HOST:PORT of the master'},
    'dataflow': {'project': 'PROJECT', 'region': 'REGION', 'temp_location': 'gs://BUCKET/FOLDER'},
}
NAMES = tuple(_RUNNERS)
DEFAULT = 'direct'


def arguments(name: Optional[str], extra: Sequence[str] = ()) -> str:
  """The flags of a runner, for PipelineConfig.beam_args.

  Args:
    name: one of NAMES, or None for DEFAULT.
    extra: flags more, as '--parallelism=8'; each goes before the runner's own of the same name.

  Returns:
    The flags as a shell would take them.

  Raises:
    ValueError: an unknown runner, a flag that is none or that loses elements, or one that the runner needs and that is
      missing.
  """
  name = name or DEFAULT
  if name not in _RUNNERS:
    raise ValueError(f'unknown runner {name!r} for --beam; choose from: {", ".join(NAMES)}')
  for flag in extra:
    if not flag.startswith('--') or flag.startswith('--runner'):
      raise ValueError(f'--beam-arg {flag}: a flag of Beam was expected, as --beam-arg=--parallelism=8; '
                       'the runner itself is chosen with --beam')
    if flag.endswith('=multi_threading'):
      raise ValueError(f'--beam-arg {flag}: with threads, Beam has lost 5 of 37,500 reviews in one run of five; '
                       'use --beam multiprocess')
  given = {_key(flag) for flag in extra}
  for key, meaning in _REQUIRED.get(name, {}).items():
    if key not in given:
      raise ValueError(f'--beam {name} needs --beam-arg=--{key}={meaning.partition(" of ")[0]}'
                       + (f', {meaning}' if ' of ' in meaning else ''))
  return shlex.join([*(flag for flag in _RUNNERS[name] if _key(flag) not in given), *extra])


def is_remote(flags: str) -> bool:
  """Whether the flags are of a runner whose workers share no file system with the steps."""
  return '--runner=DataflowRunner' in shlex.split(flags)


def _key(flag: str) -> str:
  return flag.removeprefix('--').partition('=')[0]
