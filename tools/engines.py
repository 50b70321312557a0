"""Fetches the programs of others that --beam and tests/engines/ run: the command of `make engines`.

What cannot be had is said in one line: its tests skip.
"""

import argparse
import dataclasses
import hashlib
import os
import pathlib
import shutil
import sys
from typing import Optional, Sequence

from components.common import start_up
from pipeline.engines import parts

_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_LOCK = pathlib.Path(__file__).with_name('engines.lock')


@dataclasses.dataclass(frozen=True)
class Environment(parts.Part):
  """Python packages in an environment of their own, as a lock pins them.

  It belongs to the Python that .venv was made of, not to .venv: the cache outlives a copy of the project.
  """

  lock: pathlib.Path

  def key(self) -> str:
    """Return what the content depends on."""
    return hashlib.sha256(self.lock.read_bytes() + os.path.realpath(sys.executable).encode()).hexdigest()

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Install the packages, checked by hash, into the directory `target`."""
    uv = shutil.which('uv') or shutil.which('uv', path=_PROJECT / '.uv' / 'bin')
    if uv is None:
      raise parts.UnavailableError('uv is not installed: run make setup')
    parts.run([uv, 'venv', '-q', '--python', os.path.realpath(sys.executable), target], timeout)
    python = target / 'bin' / 'python'
    parts.run([uv, 'pip', 'install', '-q', '--python', python, '--require-hashes', '-r', self.lock], timeout)


@dataclasses.dataclass(frozen=True)
class GoPrograms(parts.Part):
  """Programs that Go builds from the modules that `go.mod` and `go.sum` pin.

  Attributes:
    lock: directory of the two files.
    packages: path of each program.
  """

  lock: pathlib.Path
  packages: tuple[str, ...]

  def key(self) -> str:
    """Return what the content depends on."""
    files = b''.join((self.lock / name).read_bytes() for name in ('go.mod', 'go.sum'))
    return hashlib.sha256(files + repr(self.packages).encode()).hexdigest()

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Build the programs in the directory `target`."""
    if shutil.which('go') is None:
      raise parts.UnavailableError('Go is not installed')
    parts.run(['go', 'build', '-o', f'{target}/', *self.packages], timeout, env=parts.go_environment('readonly'),
              cwd=self.lock)


_ARGO = 'github.com/argoproj/argo-workflows/v3', 'v3.5.11', 'h1:omkwJ8hMeboY2vxRbMJVm5oCTbygNupMdYHI4ia9Fyc='

PARTS: dict[str, parts.Part] = {
    'kubernetes': Environment(_LOCK),
    'argo': parts.GoProgram(*_ARGO, './cmd/argo'),
    'custom-kinds': parts.GoFiles((  # the definitions that a cluster has of them
        (*_ARGO, ('manifests/base/crds/full/argoproj.io_workflows.yaml',)),
        ('github.com/kubeflow/training-operator', 'v1.7.0', 'h1:Zh61GlOWrlRi4UFOtJeV+/5REo/OndhwQ25KYd0llzc=',
         ('manifests/base/crds/kubeflow.org_tfjobs.yaml',)))),
    'kubernetes-server': GoPrograms(_LOCK.with_name('kubernetes_server'), (
        'go.etcd.io/etcd/server/v3', 'k8s.io/kubernetes/cmd/kube-apiserver')),
    's3': parts.GoProgram(
        'github.com/versity/versitygw', 'v1.0.14', 'h1:AuocjbPE+UevtEYaHNnb3y4/ypPWQttO2ME8//Tx76I=',
        './cmd/versitygw'),
    's3-client': Environment(_PROJECT / 'requirements-s3.lock'),
    **parts.ENGINES,
}


def find(name: str) -> Optional[pathlib.Path]:
  """Return the directory of a part; None if it was not fetched."""
  return parts.find(name, PARTS[name])


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Fetch parts.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0, or 1 if a part is not to be had.
  """
  parser = argparse.ArgumentParser(prog='python -m tools.engines', description=__doc__)
  parser.add_argument('parts', nargs='*', metavar='PART', help=f'some of: {", ".join(PARTS)} (default: all)')
  parser.add_argument('--timeout', type=float, default=1_800, metavar='S', help=(
      'seconds that one command of a part may take (default: 1800)'))
  arguments = parser.parse_args(argv)
  unknown = sorted(set(arguments.parts) - set(PARTS))
  if unknown:
    parser.error(f'unknown part {unknown[0]!r}; choose from: {", ".join(PARTS)}')
  code = 0
  for name in arguments.parts or PARTS:
    try:
      print(f'{name}: {parts.fetch(name, PARTS[name], arguments.timeout)}', flush=True)
    except parts.UnavailableError as error:
      print(f'{name}: not available here: {error}', file=sys.stderr)
      code = 1
  return code


if __name__ == '__main__':
  start_up.run_program(main)
