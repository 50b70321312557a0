"""The programs of others that this project runs, in a cache outside of it: `make engines` fetches them.

Each part is named by its coordinates, and its content is checked by a SHA-256. A part that is there already is not
fetched again.
"""

import abc
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
from typing import Any, Optional, Sequence
import zipfile

_COMPLETE = '.complete'  # a file that is written last: programs of an environment name its directory, so it cannot move


class UnavailableError(Exception):
  """A part cannot be had here; the message says why."""


class Part(abc.ABC):
  """What `fetch` can fetch: a frozen dataclass that pins it."""

  def key(self) -> str:
    """Return what the content depends on."""
    return hashlib.sha256(repr(self).encode()).hexdigest()

  @abc.abstractmethod
  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Write the content into the directory `target`; each command may take `timeout` seconds."""


@dataclasses.dataclass(frozen=True)
class GoProgram(Part):
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

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Build the program in the directory `target`."""
    module = _download_module(self.module, self.version, self.checksum, timeout)
    source = target / 'source'
    shutil.copytree(module, source)
    for path in source, *source.rglob('*'):
      path.chmod(path.stat().st_mode | 0o200)
    if self.edit:
      file, words, replacement = self.edit
      text = (source / file).read_text(encoding='utf-8')
      (source / file).write_text(text.replace(words, replacement), encoding='utf-8')
    program = target / os.path.basename(self.package)
    # Not `go install`, which refuses modules that replace others.
    run(['go', 'build', '-o', program, self.package], timeout, env=go_environment(), cwd=source)
    shutil.rmtree(source)


@dataclasses.dataclass(frozen=True)
class GoFiles(Part):
  """Files of modules of Go.

  Attributes:
    modules: (path, version, Go's own checksum, files) of each.
  """

  modules: tuple[tuple[str, str, str, tuple[str, ...]], ...]

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Copy the files into the directory `target`."""
    for module, version, checksum, files in self.modules:
      source = _download_module(module, version, checksum, timeout)
      for file in files:
        shutil.copyfile(source / file, target / os.path.basename(file))


def go_environment(mode: str = 'mod') -> dict[str, str]:
  """Return the variables of a command of Go; with the mode `readonly`, it takes the modules of go.sum only."""
  return {**os.environ, 'GOFLAGS': f'-mod={mode} -buildvcs=false -trimpath', 'GOTOOLCHAIN': 'local'}


def _download_module(module: str, version: str, checksum: str, timeout: float) -> pathlib.Path:
  """Return the directory, which cannot be written to, of a module of Go."""
  if shutil.which('go') is None:
    raise UnavailableError('Go is not installed')
  found = json.loads(run(['go', 'mod', 'download', '-json', f'{module}@{version}'], timeout, env=go_environment()))
  if found['Sum'] != checksum:
    raise UnavailableError(f'{module}@{version} has the checksum {found["Sum"]}, not {checksum}')
  return pathlib.Path(found['Dir'])


@dataclasses.dataclass(frozen=True)
class Jars(Part):
  """Jars with all that they need, as Maven resolves it.

  Attributes:
    artifacts: GROUP:ARTIFACT:VERSION of each.
    checksum: SHA-256 over the names and the SHA-256 of all jars, as `list_checksum` computes it.
    directory: for the jars.
    edit: (jar, file in it, ((bytes, replacement), ...)), a change after the check.
  """

  artifacts: tuple[str, ...]
  checksum: str
  # Beam copies its own class path, 152 MB, to Flink with each job, and has no option for a cluster that has the jars
  # already; but it leaves out what is below a directory of this name.
  directory: str = 'gradle/wrapper'
  edit: Optional[tuple[str, str, tuple[tuple[bytes, bytes], ...]]] = None

  def fetch(self, target: pathlib.Path, timeout: float) -> None:
    """Copy the jars into their directory in `target`."""
    maven = shutil.which('mvn')
    if maven is None:
      raise UnavailableError('Maven is not installed')
    dependencies = ''.join(_DEPENDENCY.format(*artifact.split(':')) for artifact in self.artifacts)
    (target / 'pom.xml').write_text(_PROJECT.format(dependencies), encoding='utf-8')
    run([maven, '-q', '-B', '-f', target / 'pom.xml', _COPY, '-DincludeScope=runtime',
         f'-DoutputDirectory={target / self.directory}'], timeout)
    checksum = list_checksum(target / self.directory)
    if checksum != self.checksum:
      raise UnavailableError(f'the jars of {", ".join(self.artifacts)} have the checksum {checksum}, '
                             f'not {self.checksum}')
    if self.edit:
      jar, file, changes = self.edit
      _edit_jar(target / self.directory / jar, file, changes)


_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies'
_DEPENDENCY = '<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>'
_PROJECT = ('<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>engines'
            '</groupId><artifactId>engines</artifactId><version>1</version><dependencies>{}</dependencies></project>')


def _edit_jar(path: pathlib.Path, file: str, changes: Sequence[tuple[bytes, bytes]]) -> None:
  """Replace bytes in one file of a jar."""
  with zipfile.ZipFile(path) as jar:
    contents = {name: jar.read(name) for name in jar.namelist()}
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as jar:
    for name, content in contents.items():
      for old, new in changes if name == file else ():
        content = content.replace(old, new)
      jar.writestr(name, content)


def list_checksum(directory: pathlib.Path) -> str:
  """Return the SHA-256 of the list of a directory's files: a line of the SHA-256 and the name of each, by name."""
  lines = (f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n' for path in sorted(directory.iterdir()))
  return hashlib.sha256(''.join(lines).encode()).hexdigest()


# The servers of Beam's Java runners have no option for the address: they bind all of them. In the class that starts
# them, NettyServerBuilder.forPort(address.getPort()) becomes NettyServerBuilder.forAddress(address).
_BIND_ADDRESS = ('beam-sdks-java-core-2.62.0.jar',
                 'org/apache/beam/sdk/fn/server/ServerFactory$InetSocketAddressServerFactory.class', (
                     (b'\0\x07forPort', b'\0\x0aforAddress'),
                     # Its type stands in the place of a name that Java reads for debuggers only.
                     (b'\0\x0aSourceFile', b'\0\x60(Ljava/net/SocketAddress;)'
                      b'Lorg/apache/beam/vendor/grpc/v1p60p1/io/grpc/netty/NettyServerBuilder;'),
                     (b'\x0c\x00\xa3\x00\xa4', b'\x0c\x00\xa3\x01\x02'),
                     # aload_1, invokevirtual getPort, invokestatic forPort: without the second
                     (b'\x2b\xb6\x00\xa0\xb8\x00\xa6', b'\x2b\x00\x00\x00\xb8\x00\xa6')))

# The programs of Beam's engines, by the name that --beam has for them. Those of Flink and Spark are of the version of
# Beam in the lock; Prism works with workers of another version.
ENGINES: dict[str, Part] = {
    'prism': GoProgram(
        'github.com/apache/beam/sdks/v2', 'v2.71.0', 'h1:wn+lj+v/BPYAZNrYqpYqCoMWP58FLpeCpG5+v1DAf6M=',
        './go/cmd/prism', edit=(  # Prism has no flag for the address: it binds all of them
            'go/pkg/beam/runners/prism/internal/jobservices/server.go', '":%d"', '"localhost:%d"')),
    'flink': Jars((
        'org.apache.beam:beam-runners-flink-1.19:2.62.0', 'org.slf4j:slf4j-simple:1.7.30'),
        'e3756fbe6cbcd86afbdc9edc4e9f7aea7d94d0419933a18a6685f91290722dab', edit=_BIND_ADDRESS),
    'spark': Jars((
        'org.apache.beam:beam-runners-spark-3:2.62.0', 'org.apache.spark:spark-streaming_2.12:3.5.0',
        'org.slf4j:slf4j-simple:1.7.30'),
        '0fc7066b88ab7b17cfc371914ee32efb516c0885d0f3c05333990f1d211898d1', edit=_BIND_ADDRESS),
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
