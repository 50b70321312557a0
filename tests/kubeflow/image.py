"""The image of the Dockerfile without Docker: the project's files and the environment."""

import functools
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
    self.prefix = () if namespaces.MISSING or not writable else (
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

  def environment(self):
    """The environment variables of a step."""
    result = dict(self._variables)
    result['PYTHONPATH'] = result['PYTHONPATH'].replace('/app', str(self.app))
    # The image's Python is the one that these tests run on.
    result['PATH'] = f'{pathlib.Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin'
    result['HOME'] = result['TMPDIR'] = str(self._home)
    return result

  @functools.cached_property
  def interpreter(self):
    """A Python in the place of the steps that has imported TFX."""
    return forks.Interpreter(('kfp', *forks.LIBRARIES), self.prefix, **self.environment())

  def run(self, command, log: pathlib.Path, **variables):
    """Run a command of a container with more environment variables; returns the exit code. Its output goes to `log`."""
    return self.run_with([*self.prefix, sys.executable], command, log, variables)

  def run_with(self, python, command, log, variables):
    """Run a command as `run` does, with the words `python` in place of the image's Python."""
    assert command[0] == 'python'
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('wb') as output:
      return subprocess.run(
          [*python, *command[1:]], cwd=self.app, env={**self.environment(), **variables}, stdin=subprocess.DEVNULL,
          stdout=output, stderr=subprocess.STDOUT, timeout=600, check=False).returncode


class WarmImage:
  """An image whose Python has imported TFX for all steps but the first."""

  def __init__(self, image: Image):
    self._image, self._is_cold = image, True

  def run(self, command, log, **variables):
    """See Image.run."""
    if self._is_cold:
      self._is_cold = False
      return self._image.run(command, log, **variables)
    return self._image.run_with([self._image.interpreter.executable], command, log, variables)
