"""A directory of this machine that stands for a folder of an object store, which has neither locks nor renames.

Work is done in the directory. Versions that others have pushed or deleted are pulled before it, and what has changed is
published after it: of a version the manifest last, and of one that is deleted the manifest first. A version without a
manifest is therefore incomplete, and nobody reads it.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import platform
import shutil
import tempfile
from typing import Any, Iterator, Mapping
import uuid

from components.common import files
from components.common import object_store
from components.common import version_directories
from components.versioned_pusher import push_and_rollback

_RECORD, _LOCK, _STAGING = '.published.json', '.working-copy.lock', '.staging-'
_OWNER = '.owner-'  # objects that name the copy whose runs the folder has
_CLAIM = '.claim-'  # objects that name the version that a copy is publishing
_LAST = f'/{push_and_rollback.MANIFEST}'
_PIN_END = f'/{push_and_rollback.PIN}'


class WorkingCopy:
  """The directory of a folder, pulled from it and published to it.

  Attributes:
    url: of the folder.
    directory: path of the directory.
  """

  def __init__(self, url: str, directory: str = '', versions: str = ''):
    """Prepare the copy; nothing is read or written yet.

    Args:
      url: s3://BUCKET/FOLDER.
      directory: where the copy is; empty for a folder of the user's state directory, named by the URL's hash.
      versions: the folder's part that holds the versions, such as `serving/sentiment`; empty for the folder itself.

    Raises:
      ValueError: see `object_store.Folder`.
    """
    self._folder = object_store.Folder(url)
    self.url, self.directory = self._folder.url, directory or object_store.local_directory(url)
    self._versions = f'{versions}/' if versions else ''

  @contextlib.contextmanager
  def hold(self) -> Iterator[None]:
    """Hold the lock of the copy, so that one process of this machine at a time pulls or publishes.

    Raises:
      ValueError: the directory is the copy of another folder.
      OSError: the directory cannot be written.
    """
    os.makedirs(self.directory, exist_ok=True)
    with open(os.path.join(self.directory, _LOCK), 'a', encoding='utf-8') as file:
      fcntl.flock(file, fcntl.LOCK_EX)
      self._published()
      yield

  def pull(self) -> str:
    """Bring the copy's versions to the state of the folder, whose complete versions alone count.

    Returns:
      The directory of the versions.

    Raises:
      OSError: the store does not answer, or the copy cannot be written.
    """
    remote, published = self._folder.list_objects(self._versions), self._published()
    directory = pathlib.Path(self.directory, self._versions)
    directory.mkdir(parents=True, exist_ok=True)
    complete = {name.removesuffix(_LAST) for name in remote if name.endswith(_LAST) and self._is_in_version(name)}
    local = {f'{self._versions}{number}': path
             for number, path in version_directories.version_directories(directory).items()}
    for version, path in local.items():
      if version not in complete and version + _LAST in published:  # others have deleted it
        shutil.rmtree(path)
    for version in sorted(complete - set(local)):
      self._download(version, [name for name in remote if name.startswith(f'{version}/')])
    for version in complete & set(local):
      pin = local[version] / push_and_rollback.PIN
      if version + _PIN_END in remote:
        pin.touch()
      else:
        pin.unlink(missing_ok=True)
    known = {name: stamp for name, stamp in published.items() if name in remote or not self._is_in_version(name)}
    for name in remote:
      path = pathlib.Path(self.directory, name)
      if name not in known and name.startswith(tuple(f'{version}/' for version in complete)) and path.exists():
        known[name] = _stamp(path)
    if known != published:
      self._record(known)
    return str(directory)

  def claim(self) -> None:
    """Make this copy the only one that publishes runs to the folder; ValueError if another one has done so.

    The names of artifacts are numbers that the metadata store of one state directory gives. A claim is written before
    the others are listed: of two that come at once, each may see the other and give up, but both cannot go on.
    """
    path = self._identify()
    owner = path.name
    is_new = owner not in self._folder.list_objects(_OWNER)
    if is_new:
      self._folder.upload(path, owner)
    if set(self._folder.list_objects(_OWNER)) - {owner}:
      if is_new:
        self._folder.delete([owner])
      raise ValueError(f'{self.url} is the output of runs with another state directory: pass its --state-dir on the '
                       'machine of these runs, or choose another --output-dir')

  def _identify(self) -> pathlib.Path:
    """Return a file in the copy whose name no other copy has, and whose content says where the copy is."""
    directory = pathlib.Path(self.directory)
    path = next(directory.glob(f'{_OWNER}*'), directory / f'{_OWNER}{uuid.uuid4().hex}')
    path.write_text(f'{platform.node()}:{self.directory}', encoding='utf-8')
    return path

  def publish(self) -> int:
    """Bring the folder to the state of the copy: all files but hidden ones, as far as they have changed.

    Returns:
      The number of objects that were written.

    Raises:
      OSError: the store does not answer, or has another version of the same number. What was not written is written the
        next time.
    """
    published, count = self._published(), 0
    local = dict(self._list_files())
    gone = sorted(set(published) - set(local), key=_order, reverse=True)
    for names in ([name for name in gone if name.endswith(_LAST)], gone):
      self._folder.delete(names)
    published = {name: stamp for name, stamp in published.items() if name in local}
    changed = sorted((name for name, stamp in local.items() if published.get(name) != stamp), key=_order)
    try:
      with self._claim_numbers([name for name in changed if name.endswith(_LAST) and name not in published]):
        for name in changed:
          self._folder.upload(os.path.join(self.directory, name), name)
          published[name] = local[name]
          count += 1
    finally:
      self._record(published)
    return count

  @contextlib.contextmanager
  def _claim_numbers(self, manifests: list[str]) -> Iterator[None]:
    """Claim the numbers of new versions for the block.

    As in `claim`, a claim is written before the others are listed, so that of two versions of one number at most one is
    published.

    Args:
      manifests: names of the manifests of the versions.

    Raises:
      OSError: others have pushed a version of the same number since the copy was pulled, or are about to.
    """
    if not manifests:
      yield
      return
    versions = {name.removesuffix(_LAST): name for name in manifests}
    path = self._identify()
    claims = {f'{self._versions}{_CLAIM}{version.removeprefix(self._versions)}-{path.name}': version
              for version in versions}
    for claim in claims:
      self._folder.upload(path, claim)
    remote = set(self._folder.list_objects(self._versions)) - set(claims)
    for claim, version in claims.items():
      if versions[version] in remote or any(name.startswith(claim.removesuffix(path.name)) for name in remote):
        self._folder.delete(claims)
        shutil.rmtree(os.path.join(self.directory, version))
        raise OSError(f'{self.url}/{version} was pushed by another run in the same second: this one was not pushed; '
                      'run this again')
    yield
    self._folder.delete(claims)

  def _download(self, version: str, names: list[str]) -> None:
    """Copy a version, which appears by one rename."""
    target = pathlib.Path(self.directory, version)
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=target.parent) as staging:
      for name in names:
        self._folder.download(name, os.path.join(staging, 'model', name.removeprefix(f'{version}/')))
      os.chmod(os.path.join(staging, 'model'), 0o755)
      os.rename(os.path.join(staging, 'model'), target)

  def _is_in_version(self, name: str) -> bool:
    return name.startswith(self._versions) and name.removeprefix(self._versions).partition('/')[0].isdecimal()

  def _list_files(self) -> Iterator[tuple[str, Any]]:
    """Yield (name, stamp) of each file to publish."""
    for directory, folders, names in os.walk(self.directory):
      folders[:] = [name for name in folders if not name.startswith('.')]
      for name in names:
        path = pathlib.Path(directory, name)
        relative = path.relative_to(self.directory)
        if not name.startswith('.') and (len(relative.parts) > 1) and relative.parts[0] != 'logs':
          yield relative.as_posix(), _stamp(path)

  def _published(self) -> dict[str, Any]:
    """Return {name: stamp} of what the folder had when it was pulled or published the last time."""
    try:
      record = json.loads(pathlib.Path(self.directory, _RECORD).read_text(encoding='utf-8'))
    except FileNotFoundError:
      return {}
    if record['url'] != self.url:
      raise ValueError(f'{self.directory} is the working copy of {record["url"]}: choose another --state-dir')
    return record['files']

  def _record(self, published: Mapping[str, Any]) -> None:
    with files.write_atomically(os.path.join(self.directory, _RECORD)) as file:
      json.dump({'url': self.url, 'files': published}, file)


def _order(name: str) -> tuple[bool, bool, str]:
  """Return the key by which objects are written: last the model's own file, and then the manifest."""
  return name.endswith(_LAST), name.endswith('/saved_model.pb'), name


def _stamp(path: pathlib.Path) -> list[int]:
  """Return what changes with the content of a file."""
  status = path.stat()
  return [status.st_size, status.st_mtime_ns]


@contextlib.contextmanager
def open_versions(directory: str, publish: bool = False) -> Iterator[str]:
  """Give versions a directory on this machine: a path stays as it is, and a URL has a working copy, which is pulled.

  Args:
    directory: path or s3:// URL of the directory that holds a directory for each version.
    publish: whether the block changes versions; the changes are published after it.

  Yields:
    The path of the directory. That of a URL is locked in the block.

  Raises:
    ValueError, OSError: the folder cannot be read or written; the message says why.
  """
  if not object_store.is_url(directory):
    yield directory
    return
  copy = WorkingCopy(directory)
  with copy.hold():
    yield copy.pull()
    if publish:
      copy.publish()
