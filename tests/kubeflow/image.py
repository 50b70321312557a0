"""The image of the Dockerfile without Docker: the project's files and the environment."""

import json
import os
import pathlib
import shutil
import string
import subprocess
import sys

from tests import forks

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Image:
  """A copy of the project as the Dockerfile makes it, with the environment that it sets."""

  def __init__(self, directory: pathlib.Path):
    """Copy what the Dockerfile copies to `directory`/app."""
    self.app = directory / 'app'
    self._home = directory / 'home'
    self._home.mkdir(parents=True)
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
    result['HOME'] = str(self._home)
    return result

  def run(self, command, log: pathlib.Path, **variables):
    """Run a command of a container; returns the exit code. Its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('wb') as output:
      return subprocess.run(
          command, cwd=self.app, env={**self._environment(), **variables}, stdin=subprocess.DEVNULL, stdout=output,
          stderr=subprocess.STDOUT, timeout=600, check=False).returncode

  def forks(self, module):
    """Return an object with a `run` like this one's that imports TFX once for all steps but the first.

    Args:
      module: of TFX, which the steps run.
    """
    interpreter = forks.Interpreter([module, 'tfx.v1', 'matplotlib.figure'], self._environment(), self.app)
    return _Forks(self, interpreter, module)


class _Forks:

  def __init__(self, image, interpreter, module):
    self._image, self._interpreter = image, interpreter
    self._command = ['python', '-m', 'pipeline.kubeflow.launcher', module]
    self._is_first = True

  def run(self, command, log, **variables):
    """See Image.run."""
    assert command[:4] == self._command
    if self._is_first:
      self._is_first = False
      return self._image.run(command, log, **variables)
    log.parent.mkdir(parents=True, exist_ok=True)
    return self._interpreter.run(command[2], command[3:], log, self._image.app, **variables)
