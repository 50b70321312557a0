"""`make engines`: a part is there completely or not at all, and what it is made of is checked."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import types
import zipfile

import pytest

from pipeline.engines import parts
from tools import engines


class _Part:
  """Writes a file, and fails as often as it is told to."""

  def __init__(self, failures):
    self.failures, self.fetched = failures, 0

  def key(self):
    return 'key'

  def fetch(self, target, unused_timeout):
    (target / f'file-{self.failures}').touch()
    if self.failures:
      self.failures -= 1
      raise parts.UnavailableError('no network')
    self.fetched += 1


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def test_a_part_is_there_when_it_is_complete(monkeypatch, capsys):
  part = _Part(failures=1)
  monkeypatch.setattr(engines, 'PARTS', {'part': part})
  assert engines.main([]) == 1 and engines.find('part') is None
  assert capsys.readouterr().err == 'part: not available here: no network\n'
  assert engines.main(['part']) == 0
  assert sorted(path.name for path in engines.find('part').iterdir()) == ['.complete', 'file-0']
  assert engines.main(['part']) == 0 and part.fetched == 1
  with pytest.raises(SystemExit):
    engines.main(['other'])


@pytest.mark.parametrize('checksum, message', [
    ('h1:other', 'example.org/program@v1 has the checksum h1:other, not h1:mine'), ('h1:mine', 'go build -o: broken')])
def test_a_program_is_built_from_checked_files(checksum, message, tmp_path, monkeypatch):
  module = tmp_path / 'module'
  module.mkdir()
  monkeypatch.setattr(parts.shutil, 'which', lambda name: name)

  def run(command, **unused_options):
    if command[1] == 'build':
      raise subprocess.CalledProcessError(1, command, stderr='some lines\nbroken\n')
    return types.SimpleNamespace(stdout=f'{{"Sum": "{checksum}", "Dir": "{module}"}}')

  monkeypatch.setattr(parts.subprocess, 'run', run)
  part = parts.GoProgram('example.org/program', 'v1', 'h1:mine', './cmd/program')
  with pytest.raises(parts.UnavailableError, match=message):
    part.fetch(pathlib.Path(tmp_path), 1)


def test_an_environment_outlives_the_copy_of_the_project(tmp_path, monkeypatch):
  commands = []
  monkeypatch.setattr(engines.shutil, 'which', lambda *unused_arguments, **unused_options: 'uv')
  monkeypatch.setattr(parts, 'run', lambda command, unused_timeout: commands.append(list(map(str, command))))
  (tmp_path / 'lock').touch()
  part, real = engines.Environment(tmp_path / 'lock'), os.path.realpath(sys.executable)
  part.fetch(tmp_path / 'target', 1)
  assert commands[0][-2] == real != sys.executable
  keys = {part.key()}
  for name in 'python', 'another':  # two links to one Python, and another Python
    (tmp_path / name).symlink_to(real if name == 'python' else '/bin/sh')
    monkeypatch.setattr(engines.sys, 'executable', str(tmp_path / name))
    keys.add(part.key())
  assert len(keys) == 2


def test_programs_are_built_from_locked_modules_only(tmp_path, monkeypatch):
  commands = []
  monkeypatch.setattr(engines.shutil, 'which', lambda name: name)
  monkeypatch.setattr(parts, 'run', lambda command, unused_timeout, **options: commands.append((command, options)))
  for name in 'go.mod', 'go.sum':
    (tmp_path / name).touch()
  part = engines.GoPrograms(tmp_path, ('example.org/program',))
  part.fetch(tmp_path / 'target', 1)
  (command, options), = commands
  assert command[-1] == 'example.org/program' and options['cwd'] == tmp_path
  assert '-mod=readonly' in options['env']['GOFLAGS'].split()
  key = part.key()
  (tmp_path / 'go.sum').write_text('example.org/other v1 h1:other')
  assert part.key() != key


def test_programs_that_are_missing_are_named(tmp_path, monkeypatch):
  monkeypatch.setattr(parts.shutil, 'which', lambda *unused_arguments, **unused_options: None)
  for name, message in (('kubernetes', 'uv is not installed: run make setup'), ('prism', 'Go is not installed'),
                        ('kubernetes-server', 'Go is not installed'), ('flink', 'Maven is not installed'),
                        ('spark', 'Maven is not installed')):
    with pytest.raises(parts.UnavailableError, match=message):
      parts.fetch(name, engines.PARTS[name], 1)
    assert engines.find(name) is None


def test_jars_are_those_of_the_checksum(tmp_path, monkeypatch):
  part = parts.Jars(('org.apache:beam:2',), '123', edit=('beam-2.jar', 'Server.class', ((b'all', b'one'),)))
  jar = tmp_path / part.directory / 'beam-2.jar'
  monkeypatch.setattr(parts.shutil, 'which', lambda name: name)

  def run(command, **unused_options):
    assert '<artifactId>beam</artifactId><version>2</version>' in (tmp_path / 'pom.xml').read_text()
    assert command[-1] == f'-DoutputDirectory={jar.parent}'
    jar.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar, 'w') as file:
      file.writestr(zipfile.ZipInfo('Server.class'), 'binds all')
      file.writestr(zipfile.ZipInfo('Other.class'), 'all')
    return types.SimpleNamespace(stdout='')

  monkeypatch.setattr(parts.subprocess, 'run', run)
  with pytest.raises(parts.UnavailableError, match='the jars of org.apache:beam:2 have the checksum .*, not 123'):
    part.fetch(tmp_path, 1)
  dataclasses.replace(part, checksum=parts.list_checksum(jar.parent)).fetch(tmp_path, 1)
  with zipfile.ZipFile(jar) as file:
    assert file.read('Server.class') == b'binds one' and file.read('Other.class') == b'all'
