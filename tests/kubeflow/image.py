"""What the Dockerfile's image has, as far as it goes without Docker: the project's files and the environment."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Image:
  """A copy of the project as the Dockerfile makes it, with the environment that it sets."""

  def __init__(self, directory: pathlib.Path):
    """Copies what the Dockerfile copies to `directory`/app."""
    self.app = directory / 'app'
    self._home = directory / 'home'
    self._home.mkdir(parents=True)
    self._variables = {}
    for line in (PROJECT / 'Dockerfile').read_text().replace('\\\n', ' ').splitlines():
      instruction, _, rest = line.partition(' ')
      if instruction == 'COPY' and not rest.startswith('--from'):
        self._copy(*json.loads(rest))
      elif instruction == 'ENV':
        self._variables.update(pair.split('=', 1) for pair in rest.split())

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
    """Runs a command of a container, in a directory of its own, and returns the exit code; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('wb') as output:
      return subprocess.run(
          command, cwd=self.app, env={**self._environment(), **variables}, stdin=subprocess.DEVNULL, stdout=output,
          stderr=subprocess.STDOUT, timeout=600, check=False).returncode

  @contextlib.contextmanager
  def forks(self, module):
    """Gives an object with a `run` like this one's, which does not import TFX anew for those of one module."""
    with subprocess.Popen(
        [sys.executable, pathlib.Path(__file__).with_name('forks.py'), module], cwd=self.app, env=self._environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
      yield _Forks(self, process, module)
      process.stdin.close()


class _Forks:

  def __init__(self, image, process, module):
    self._image, self._process, self._module = image, process, module

  def run(self, command, log, **variables):
    """See Image.run."""
    if command[:3] != ['python', '-m', self._module]:  # ReportGen's of version 2 is the project's own
      return self._image.run(command, log, **variables)
    log.parent.mkdir(parents=True, exist_ok=True)
    self._process.stdin.write(json.dumps({'arguments': command[3:], 'log': str(log), 'variables': variables}) + '\n')
    self._process.stdin.flush()
    return int(self._process.stdout.readline())
