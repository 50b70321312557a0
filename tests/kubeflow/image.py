"""The image of the Dockerfile without Docker: the project's files and the environment."""

import json
import os
import pathlib
import shutil
import string
import subprocess
import sys

from tests import forks
from tests.faults import namespaces

PROJECT = pathlib.Path(__file__).resolve().parents[2]
# As the security context of a step says: another user, without rights, who can write to the named directories only.
_RESTRICT = """
for path; do [ "$path" = -- ] && break; mount --bind "$path" "$path" || exit; done
mount -o remount,bind,ro / || exit
while [ "$1" != -- ]; do shift; done; shift
exec unshare --user --map-user=10001 --map-group=10001 "$@"
"""


class Image:
  """A copy of the project as the Dockerfile makes it, with the environment that it sets."""

  def __init__(self, directory: pathlib.Path, *writable: pathlib.Path):
    """Copy what the Dockerfile copies to `directory`/app.

    Args:
      directory: of this object's own.
      *writable: if any, the only directories that steps may write to, where the system can forbid all others.
    """
    self.app = directory / 'app'
    self._home = directory / 'home'
    self._home.mkdir(parents=True)
    for path in writable:
      path.mkdir(exist_ok=True)
    self._prefix = () if namespaces.MISSING or not writable else (
        'unshare', '--map-root-user', '--mount', 'sh', '-c', _RESTRICT, 'sh', self._home, *writable, '--')
    self._variables, arguments = {}, {}
    for line in (PROJECT / 'Dockerfile').read_text().replace('\\\n', ' ').splitlines():
      instruction, _, rest = line.partition(' ')
      if instruction == 'COPY' and not rest.startswith('--from'):
        self._copy(*json.loads(rest))
      elif instruction == 'ARG' and '=' in rest:
        arguments.update([rest.split('=', 1)])
      elif instruction == 'ENV':
        self._variables.update(pair.split('=', 1) for pair in string.Template(rest).safe_substitute(arguments).split())

  def _copy(self, *sources_and_destination):
    *sources, destination = sources_and_destination
    if not destination.startswith('/app'):
      return
    target = self.app / destination.removeprefix('/app').strip('/')
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
      path = PROJECT / source
      if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns('__pycache__'))
      else:
        shutil.copy(path, target / path.name)

  def _environment(self):
    result = dict(self._variables)
    result['PYTHONPATH'] = result['PYTHONPATH'].replace('/app', str(self.app))
    # The image's Python is the one that these tests run on.
    result['PATH'] = f'{pathlib.Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin'
    result['HOME'] = result['TMPDIR'] = str(self._home)
    return result

  def run(self, command, log: pathlib.Path, **variables):
    """Run a command of a container; returns the exit code. Its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('wb') as output:
      return subprocess.run(
          [*self._prefix, *command], cwd=self.app, env={**self._environment(), **variables}, stdin=subprocess.DEVNULL,
          stdout=output, stderr=subprocess.STDOUT, timeout=600, check=False).returncode

  def forks(self, module):
    """Return an object with a `run` like this one's that imports TFX once for all steps but the first.

    Args:
      module: of TFX, which the steps run.
    """
    interpreter = forks.Interpreter(
        [module, 'tfx.v1', 'matplotlib.figure'], self._environment(), self.app, self._prefix)
    return _Forks(self, interpreter)


class _Forks:

  def __init__(self, image, interpreter):
    self._image, self._interpreter = image, interpreter
    self._is_first = True

  def run(self, command, log, **variables):
    """See Image.run."""
    assert command[:2] == ['python', '-m']
    if self._is_first:
      self._is_first = False
      return self._image.run(command, log, **variables)
    log.parent.mkdir(parents=True, exist_ok=True)
    return self._interpreter.run(command[2], command[3:], log, self._image.app, **variables)
