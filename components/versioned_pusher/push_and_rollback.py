"""Versions of a model in a directory that servers watch: one appears complete, by one rename, or not at all.

Servers look at the directories whose names are numbers, and serve the highest. Everything incomplete has another kind
of name. Needs the standard library only.
"""

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import time
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Optional, Sequence
import uuid

from components.common import decision
from components.common import version_directories
from components.versioned_pusher import mounts

EXTRA = 'assets.extra'  # TensorFlow Serving ignores what is here, except for warm-up requests
MANIFEST = os.path.join(EXTRA, 'manifest.json')
PIN = os.path.join(EXTRA, 'pinned')  # an empty file in the version itself, so that the pin moves with it
# Key of the manifest: what the version was compared with before it was pushed, {role: record}; a role that is missing
# had no version. A record has the `version`, its `sha256` and its `model_uri`. Versions up to 0.2.0 lack the key.
COMPARED_WITH = 'compared_with'
_STAGING, _DELETED, _LOCK = '.staging-', '.deleted-', '.lock'
_SPARE_BYTES = 10_000_000  # room for warm-up requests, model card and manifest


class PushError(Exception):
  """A push or a rollback failed; the message says which version is live now, why it failed, and how to fix it."""


class Version(NamedTuple):
  """A pushed version.

  Attributes:
    number: the name of its directory.
    path: its directory.
    manifest: what was recorded with it; empty if its directory was not made by a push.
  """

  number: int
  path: pathlib.Path
  manifest: dict[str, Any]

  @property
  def is_pinned(self) -> bool:
    """Whether the version is kept until it is unpinned."""
    return (self.path / PIN).exists()


def list_versions(destination: str) -> list[Version]:
  """Return the versions in a directory in ascending order; the last one, the newest, is live."""
  found = version_directories.version_directories(destination)
  return [Version(number, path, read_manifest(path)) for number, path in found.items()]


def newest_version(destination: str) -> Optional[Version]:
  """Return the version that is live; None if there is none."""
  return next(reversed(list_versions(destination)), None)


def protected_versions(destination: str, keep: int = 1) -> list[Version]:
  """Return the versions that must not be deleted, in ascending order: the newest ones and the pinned ones.

  What the live version was compared with is protected too: an unchanged second run compares with it again.

  Args:
    destination: the directory that servers watch.
    keep: number of the newest versions to keep; 1 is the live one.
  """
  versions = list_versions(destination)
  records = versions[-1].manifest.get(COMPARED_WITH, {}) if versions else {}
  named = [find_recorded(versions, record) for record in records.values()]
  return [version for version in versions if version.is_pinned or version in versions[-keep:] or version in named]


def find_recorded(versions: Sequence[Version], record: Optional[Mapping[str, Any]]) -> Optional[Version]:
  """Return the version that a record of COMPARED_WITH names, or its newest copy; None if it was deleted."""
  if not record:
    return None
  same = [version for version in versions
          if version.number == record['version'] or version.manifest.get('sha256', '') == record['sha256']]
  return max(same, key=lambda version: (version.number == record['version'], version.number), default=None)


def read_manifest(version: str | os.PathLike[str]) -> dict[str, Any]:
  """Return the manifest of a version's directory; empty if it was not made by a push."""
  try:
    manifest = json.loads(pathlib.Path(version, MANIFEST).read_text(encoding='utf-8'))
  except (OSError, ValueError):
    return {}
  return manifest if isinstance(manifest, dict) else {}


def is_private(version: str | os.PathLike[str]) -> bool:
  """Return whether only the owner of a version can read all of it, as after a push with the umask 077."""
  root = pathlib.Path(version)
  # A version that was deleted since is not private.
  return root.exists() and any(not path.stat().st_mode & 0o044 for path in (root.parent, root, *root.rglob('*')))


def content_hash(saved_model: str) -> str:
  """Return the SHA-256, in hex, of the names and contents of a SavedModel's files, without what a push adds."""
  digest, root = hashlib.sha256(), pathlib.Path(saved_model)
  for path in sorted(root.rglob('*')):
    if path.is_file() and path.relative_to(root).parts[0] != EXTRA:
      digest.update(f'{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0'.encode())
      with open(path, 'rb') as file:
        while block := file.read(1 << 20):
          digest.update(block)
  return digest.hexdigest()


def is_model(model_uri: str, sha256: str) -> Callable[[Mapping[str, Any]], bool]:
  """Return the function that recognises the manifest of a model's version.

  Args:
    model_uri: directory of the model's artifact.
    sha256: of the SavedModel, by `content_hash`: a training may give the same model to the byte.
  """
  return lambda manifest: manifest.get('model_uri') == model_uri or manifest.get('sha256') == sha256


def cache_state(destination: str, model_uri: str, saved_model: str, threshold: float = decision.THRESHOLD) -> str:
  """Return what a cache key must contain so that a push is skipped only if the newest version is this model already.

  Args:
    destination: the directory that servers watch.
    model_uri: directory of the model's artifact.
    saved_model: the SavedModel's directory in it; a model that was trained again may be the same to the byte.
    threshold: the decision threshold to push with the model.

  Returns:
    The `state` in the newest version's manifest if it is this model; otherwise a value that never occurred before.
  """
  newest = newest_version(destination)
  is_this_model = is_model(model_uri, content_hash(saved_model))
  if newest and is_this_model(newest.manifest) and threshold == decision.recorded_threshold(newest.manifest):
    return newest.manifest.get('state', '')
  if newest and _is_withdrawn(newest.manifest, is_this_model, threshold):
    return f'withdrawn at {newest.number}'
  return uuid.uuid4().hex


def _is_withdrawn(live: Mapping[str, Any], is_this_model: Callable[[Mapping[str, Any]], bool],
                  threshold: float) -> bool:
  """Return whether a rollback withdrew a model or, if that model is live, its version with this threshold."""
  return any(
      is_this_model(other) and (not is_this_model(live) or other.get('threshold', decision.THRESHOLD) == threshold)
      for other in live.get('withdrawn', ()))


def push(saved_model: str, destination: str, manifest: dict[str, Any], add_files: Callable[[str], None],
         keep: int) -> Version:
  """Make a SavedModel the newest version, unless it is the newest already.

  Args:
    saved_model: its directory.
    destination: the directory that servers watch; it is created if it does not exist.
    manifest: what to record about the model, such as its decision threshold, beside the version, the time and the
      SHA-256 of the files.
    add_files: called with the directory of the copy, to add files below EXTRA.
    keep: number of versions to keep, including this one, beside those of `protected_versions`.

  Returns:
    The newest version.

  Raises:
    PushError: there is no SavedModel, the disk is full, the destination cannot be written, or the model was withdrawn
      by a rollback. Earlier versions are unchanged, but older ones may have been deleted already.
  """
  if not os.path.isfile(os.path.join(saved_model, 'saved_model.pb')):
    raise PushError(f'{saved_model}: not a SavedModel (saved_model.pb is missing): nothing was pushed; train again')
  sha256, threshold = content_hash(saved_model), decision.recorded_threshold(manifest)
  with _lock_destination(destination):
    newest = newest_version(destination)
    live = newest.manifest if newest else {}
    if newest and live.get('sha256') == sha256 and decision.recorded_threshold(live) == threshold:
      _delete_old_versions(destination, keep)  # an earlier push may have been killed before it did this
      return newest
    if _is_withdrawn(live, lambda other: other.get('sha256') == sha256, threshold):
      raise PushError(f'{destination}: this model was withdrawn by a rollback: nothing was pushed; train another '
                      'model, or roll back to this one')
    version = _add_version(
        saved_model, destination, {**manifest, 'sha256': sha256, 'withdrawn': live.get('withdrawn', [])}, add_files,
        newest)
    _delete_old_versions(destination, keep)
    return version


def roll_back(destination: str, number: int) -> Version:
  """Add a copy of an older version as the newest one; a pipeline will not push the versions after it again.

  Args:
    destination: the directory that servers watch.
    number: the older version.

  Returns:
    The newest version, the copy.

  Raises:
    PushError: there is no such version, it is live or damaged, or it cannot be copied.
  """
  with _lock_versions(destination) as versions:
    older = ', '.join(str(version.number) for version in versions[:-1] if version.number != number)
    advice = f'choose one of: {older}' if older else 'there is no other older version'
    wanted = next((version for version in versions if version.number == number), None)
    if wanted is None:
      raise PushError(f'{destination}: no version {number}; {advice}')
    if wanted is versions[-1]:
      raise PushError(f'{destination}: version {number} is live already; {advice}')
    sha256 = content_hash(str(wanted.path))
    if sha256 != wanted.manifest.get('sha256', sha256):
      raise PushError(f'{wanted.path}: its files have changed since they were pushed (another SHA-256): nothing was '
                      f'rolled back; {advice}')
    withdrawn = versions[-1].manifest.get('withdrawn', []) + [
        {**{key: version.manifest.get(key, '') for key in ('sha256', 'model_uri')},
         'threshold': decision.recorded_threshold(version.manifest)} for version in versions if version.number > number]
    threshold = decision.recorded_threshold(wanted.manifest)
    withdrawn = [other for other in withdrawn
                 if (other['sha256'], other.get('threshold', decision.THRESHOLD)) != (sha256, threshold)]
    manifest = {**wanted.manifest, 'sha256': sha256, 'rolled_back_to': number, 'withdrawn': withdrawn}
    return _add_version(str(wanted.path), destination, manifest, _remove_pin, versions[-1])


def set_pin(destination: str, number: int, pinned: bool) -> None:
  """Pin a version, which keeps it until it is unpinned, or unpin it.

  Args:
    destination: the directory that servers watch.
    number: the version.
    pinned: whether it is pinned from now on; a version that is already, or is not, stays so.

  Raises:
    PushError: there is no such version, or it cannot be written.
  """
  with _lock_versions(destination) as versions:
    wanted = next((version for version in versions if version.number == number), None)
    if wanted is None:
      raise PushError(f'{destination}: no version {number}; choose one of: '
                      + ', '.join(str(version.number) for version in versions))
    try:
      if pinned:
        (wanted.path / EXTRA).mkdir(exist_ok=True)
        (wanted.path / PIN).touch()
      else:
        _remove_pin(str(wanted.path))
    except OSError as error:
      raise PushError(f'{wanted.path}: cannot be written ({error.strerror}): version {number} is '
                      f'{"still" if wanted.is_pinned else "not"} pinned') from error


def _remove_pin(version: str) -> None:
  pathlib.Path(version, PIN).unlink(missing_ok=True)


@contextlib.contextmanager
def _lock_versions(destination: str) -> Iterator[list[Version]]:
  """Hold the lock of a directory, which must have versions, and return them."""
  if not list_versions(destination):
    raise PushError(f'{destination}: {version_directories.describe_none(destination)}')
  with _lock_destination(destination):
    yield list_versions(destination)


@contextlib.contextmanager
def _lock_destination(destination: str) -> Iterator[None]:
  """Create the directory, hold its lock, and remove what killed pushes have left."""
  if '://' in destination or (bucket := mounts.find_bucket(destination)):
    what = 'not a directory of a file system' if '://' in destination else f'a bucket, mounted by {bucket}'
    raise PushError(f'{destination}: {what}: a version must appear by one rename; nothing was pushed; push to a '
                    'volume, or run local_runner.py with --output-dir s3://BUCKET/FOLDER')
  with _explain_os_errors(destination, 'nothing was pushed, earlier versions are unchanged'):
    os.makedirs(destination, exist_ok=True)
    with open(os.path.join(destination, _LOCK), 'a', encoding='utf-8') as lock:
      fcntl.flock(lock, fcntl.LOCK_EX)
      for path in pathlib.Path(destination).iterdir():
        if path.name.startswith((_STAGING, _DELETED)):
          _remove(path)
      yield


@contextlib.contextmanager
def _explain_os_errors(destination: str, consequence: str) -> Iterator[None]:
  """Turn an OSError into a PushError of one line that says what the failure means for the push."""
  try:
    yield
  except OSError as error:
    # copytree continues after a failure, and lists all of them.
    reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
    raise PushError(f'{destination}: the push failed ({reason}): {consequence}; free some space, or fix what is named, '
                    'and run this again') from error


def _add_version(source: str, destination: str, manifest: dict[str, Any], add_files: Callable[[str], None],
                 newest: Optional[Version]) -> Version:
  """Copy a model beside the versions, complete the copy, and give it its number by one rename."""
  needed = sum(path.stat().st_size for path in pathlib.Path(source).rglob('*') if path.is_file()) + _SPARE_BYTES
  free = shutil.disk_usage(destination).free
  if free < needed:
    raise PushError(f'{destination}: the disk is full ({free:,} bytes free, {needed:,} needed): nothing was pushed; '
                    'free some space, and run this again')
  staging = tempfile.mkdtemp(prefix=_STAGING, dir=destination)
  try:
    copy = os.path.join(staging, 'model')
    shutil.copytree(source, copy)
    os.makedirs(os.path.join(copy, EXTRA), exist_ok=True)
    add_files(copy)
    number = _next_number(destination, newest)
    manifest = {**manifest, 'version': number, 'pushed_at': datetime.datetime.now(datetime.timezone.utc).isoformat()}
    with open(os.path.join(copy, MANIFEST), 'w', encoding='utf-8') as file:
      json.dump(manifest, file, indent=2, sort_keys=True)
    os.chmod(copy, 0o755)
    _sync_tree(copy)
    target = os.path.join(destination, str(number))
    os.rename(copy, target)
  finally:
    shutil.rmtree(staging, ignore_errors=True)
  with _explain_os_errors(destination, f'version {number} is live, but a crash of the machine may undo it'):
    _sync_path(destination)
  return Version(number, pathlib.Path(target), manifest)


def _next_number(destination: str, newest: Optional[Version]) -> int:
  """Return the time in seconds, or more: higher than any version ever pushed, even if that one was deleted.

  A server that has seen a number would go on serving the model it has in memory if another came under the same number.
  The clock may also have been set back.
  """
  lock = pathlib.Path(destination, _LOCK)
  last = lock.read_text(encoding='utf-8')
  number = max(int(time.time()), newest.number + 1 if newest else 1, int(last) + 1 if last.isdecimal() else 1)
  while os.path.lexists(os.path.join(destination, str(number))):
    number += 1
  lock.write_text(str(number), encoding='utf-8')
  return number


def _delete_old_versions(destination: str, keep: int) -> None:
  """Hide all but the protected versions from servers, each by one rename, and delete them."""
  versions, protected = list_versions(destination), protected_versions(destination, keep)
  with _explain_os_errors(destination, f'version {versions[-1].number} is live, but not all older ones were deleted'):
    for old in (version for version in versions if version not in protected):
      hidden = old.path.with_name(f'{_DELETED}{old.number}')
      os.rename(old.path, hidden)
      _remove(hidden)


def _remove(path: pathlib.Path) -> None:
  if path.is_dir() and not path.is_symlink():
    shutil.rmtree(path)
  else:
    path.unlink()


def _sync_tree(directory: str) -> None:
  """Write all below a directory to the disk, so that a crash of the machine after the rename cannot undo a part."""
  for root, _, names in os.walk(directory):
    for name in names:
      _sync_path(os.path.join(root, name))
    _sync_path(root)


def _sync_path(path: str) -> None:
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
