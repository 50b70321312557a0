"""Fetches the programs of others that tests/engines/ runs, into a cache outside of the project.

Each part is named by its coordinates, and its content is checked by a SHA-256. A part that is there already is not
fetched again. What cannot be had is said in one line: its tests skip.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, Optional, Sequence

from components.common import start_up

_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_LOCK = pathlib.Path(__file__).with_name('engines.lock')
_COMPLETE = '.complete'  # a file that is written last: programs of an environment name its directory, so it cannot move


class UnavailableError(Exception):
  """A part cannot be had here; the message says why."""


@dataclasses.dataclass(frozen=True)
class Environment:
  """Python packages in an environment of their own, as a lock pins them."""

  lock: pathlib.Path

  def key(self) -> str:
    """Return what the content depends on."""
    return hashlib.sha256(self.lock.read_bytes()).hexdigest()

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Install the packages, checked by hash, into the directory `target`."""
    uv = shutil.which('uv') or shutil.which('uv', path=_PROJECT / '.uv' / 'bin')
    if uv is None:
      raise UnavailableError('uv is not installed: run make setup')
    _run([uv, 'venv', '-q', '--python', sys.executable, target], timeout)
    python = target / 'bin' / 'python'
    _run([uv, 'pip', 'install', '-q', '--python', python, '--require-hashes', '-r', self.lock], timeout)


@dataclasses.dataclass(frozen=True)
class GoProgram:
  """A program that Go builds from a module.

  Attributes:
    module: path of the module.
    version: of the module.
    checksum: Go's own, a SHA-256 of the module's files; those of what it imports are in the module.
    package: of the program, in the module.
  """

  module: str
  version: str
  checksum: str
  package: str

  def key(self) -> str:
    """Return what the content depends on."""
    return hashlib.sha256(repr(self).encode()).hexdigest()

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Build the program in the directory `target`."""
    go = shutil.which('go')
    if go is None:
      raise UnavailableError('Go is not installed')
    environment = {**os.environ, 'GOFLAGS': '-mod=mod -buildvcs=false -trimpath', 'GOTOOLCHAIN': 'local'}
    # `go install` refuses modules that replace others.
    coordinates = f'{self.module}@{self.version}'
    found = json.loads(_run([go, 'mod', 'download', '-json', coordinates], timeout, env=environment))
    if found['Sum'] != self.checksum:
      raise UnavailableError(f'{coordinates} has the checksum {found["Sum"]}, not {self.checksum}')
    source = target / 'source'
    shutil.copytree(found['Dir'], source)
    for path in source, *source.rglob('*'):
      path.chmod(path.stat().st_mode | 0o200)
    program = target / os.path.basename(self.package)
    _run([go, 'build', '-o', program, self.package], timeout, env=environment, cwd=source)
    shutil.rmtree(source)


PARTS = {
    'kubernetes': Environment(_LOCK),
    'argo': GoProgram('github.com/argoproj/argo-workflows/v3', 'v3.5.11',
                      'h1:omkwJ8hMeboY2vxRbMJVm5oCTbygNupMdYHI4ia9Fyc=', './cmd/argo'),
}


def find(name: str) -> Optional[pathlib.Path]:
  """Return the directory of a part; None if it was not fetched."""
  directory = _directory(name)
  return directory if (directory / _COMPLETE).exists() else None


def _directory(name: str) -> pathlib.Path:
  cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
  return pathlib.Path(cache, 'sentiment-pipeline', 'engines', f'{name}-{PARTS[name].key()[:16]}')


def fetch(name: str, timeout: float) -> pathlib.Path:
  """Fetch a part, unless it is there.

  Args:
    name: a key of PARTS.
    timeout: seconds that each of its commands may take.

  Returns:
    Its directory.

  Raises:
    UnavailableError: it cannot be had.
  """
  directory = _directory(name)
  if not find(name):
    shutil.rmtree(directory, ignore_errors=True)  # left by a fetch that was interrupted
    directory.mkdir(parents=True)
    PARTS[name].fetch(directory, timeout)
    (directory / _COMPLETE).touch()
  return directory


def _run(command: Sequence[object], timeout: float, **options: Any) -> str:
  """Run a command; returns its output."""
  words = [str(word) for word in command]
  try:
    return subprocess.run(words, timeout=timeout, check=True, capture_output=True, text=True, **options).stdout
  except subprocess.TimeoutExpired as error:
    raise UnavailableError(f'{" ".join(words[:3])} took more than {timeout:.0f} s') from error
  except subprocess.CalledProcessError as error:
    reason = (error.stderr or error.stdout).strip().splitlines()[-1:]
    raise UnavailableError(f'{" ".join(words[:3])}: {"".join(reason)}') from error


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
      print(f'{name}: {fetch(name, arguments.timeout)}', flush=True)
    except UnavailableError as error:
      print(f'{name}: not available here: {error}', file=sys.stderr)
      code = 1
  return code


if __name__ == '__main__':
  start_up.run_program(main)
