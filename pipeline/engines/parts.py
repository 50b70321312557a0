"""The programs of others that this project runs, in a cache outside of it: `make engines` fetches them.

Each part is named by its coordinates, and its content is checked by a SHA-256. A part that is there already is not
fetched again.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
from typing import Any, Optional, Protocol, Sequence

_COMPLETE = '.complete'  # a file that is written last: programs of an environment name its directory, so it cannot move


class UnavailableError(Exception):
  """A part cannot be had here; the message says why."""


class Part(Protocol):
  """What `fetch` can fetch."""

  def key(self) -> str:
    """Return what the content depends on."""

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Write the content into the directory `target`; each command may take `timeout` seconds."""


@dataclasses.dataclass(frozen=True)
class GoProgram:
  """A program that Go builds from a module.

  Attributes:
    module: path of the module.
    version: of the module.
    checksum: Go's own, a SHA-256 of the module's files; those of what it imports are in the module.
    package: of the program, in the module.
    edit: (file, words, replacement), a change of the source before it is built.
  """

  module: str
  version: str
  checksum: str
  package: str
  edit: Optional[tuple[str, str, str]] = None

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
    found = json.loads(run([go, 'mod', 'download', '-json', coordinates], timeout, env=environment))
    if found['Sum'] != self.checksum:
      raise UnavailableError(f'{coordinates} has the checksum {found["Sum"]}, not {self.checksum}')
    source = target / 'source'
    shutil.copytree(found['Dir'], source)
    for path in source, *source.rglob('*'):
      path.chmod(path.stat().st_mode | 0o200)
    if self.edit:
      file, words, replacement = self.edit
      text = (source / file).read_text(encoding='utf-8')
      (source / file).write_text(text.replace(words, replacement), encoding='utf-8')
    program = target / os.path.basename(self.package)
    run([go, 'build', '-o', program, self.package], timeout, env=environment, cwd=source)
    shutil.rmtree(source)


# The programs of Beam's engines, by the name that --beam has for them. Prism works with workers of another version.
ENGINES: dict[str, Part] = {
    'prism': GoProgram(
        'github.com/apache/beam/sdks/v2', 'v2.71.0', 'h1:wn+lj+v/BPYAZNrYqpYqCoMWP58FLpeCpG5+v1DAf6M=',
        './go/cmd/prism', edit=(  # Prism has no flag for the address: it binds all of them
            'go/pkg/beam/runners/prism/internal/jobservices/server.go', '":%d"', '"localhost:%d"')),
}


def find(name: str, part: Optional[Part] = None) -> Optional[pathlib.Path]:
  """Return the directory of a part; None if it was not fetched.

  Args:
    name: of the part.
    part: the part; None for that of ENGINES.
  """
  directory = _directory(name, part or ENGINES[name])
  return directory if (directory / _COMPLETE).exists() else None


def require(name: str) -> pathlib.Path:
  """Return the directory of an engine; raises ValueError that says how to fetch it."""
  directory = find(name)
  if directory is None:
    raise ValueError(f'{name} is not on this machine: fetch it by make engines ARGS={name}')
  return directory


def _directory(name: str, part: Part) -> pathlib.Path:
  cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
  return pathlib.Path(cache, 'sentiment-pipeline', 'engines', f'{name}-{part.key()[:16]}')


def fetch(name: str, part: Part, timeout: float) -> pathlib.Path:
  """Fetch a part, unless it is there.

  Args:
    name: of the part.
    part: the part.
    timeout: seconds that each of its commands may take.

  Returns:
    Its directory.

  Raises:
    UnavailableError: it cannot be had.
  """
  directory = _directory(name, part)
  if not find(name, part):
    shutil.rmtree(directory, ignore_errors=True)  # left by a fetch that was interrupted
    directory.mkdir(parents=True)
    part.fetch(directory, timeout)
    (directory / _COMPLETE).touch()
  return directory


def run(command: Sequence[object], timeout: float, **options: Any) -> str:
  """Run a command.

  Args:
    command: its words.
    timeout: seconds that it may take.
    **options: for subprocess.run.

  Returns:
    Its output.

  Raises:
    UnavailableError: it failed, or took too long.
  """
  words = [str(word) for word in command]
  try:
    return subprocess.run(words, timeout=timeout, check=True, capture_output=True, text=True, **options).stdout
  except subprocess.TimeoutExpired as error:
    raise UnavailableError(f'{" ".join(words[:3])} took more than {timeout:.0f} s') from error
  except subprocess.CalledProcessError as error:
    reason = (error.stderr or error.stdout).strip().splitlines()[-1:]
    raise UnavailableError(f'{" ".join(words[:3])}: {"".join(reason)}') from error
