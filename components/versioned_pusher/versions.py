"""Pushed versions of a model in a directory that servers watch: one appears complete, by one rename, or not at all.

Servers take the directories whose names are numbers, and of these the highest. Whatever is not complete has another
name. Needs the standard library only.
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
import uuid
from typing import Any, Callable, Iterator, NamedTuple, Optional

EXTRA = 'assets.extra'  # servers leave it alone, but for its warm-up requests
MANIFEST = os.path.join(EXTRA, 'manifest.json')
_STAGING, _DELETED, _LOCK = '.staging-', '.deleted-', '.lock'
_SPARE_BYTES = 10_000_000  # what warm-up requests, card and manifest may take


class PushError(Exception):
  """A push or a rollback that did not come to its end; the message says what is served now, why, and what to do."""


class Version(NamedTuple):
  """A pushed version; the manifest is empty where somebody else made the directory."""

  number: int
  path: pathlib.Path
  manifest: dict[str, Any]


def pushed(destination: str) -> list[Version]:
  """The versions in a directory, the newest, which is served, last."""
  folder = pathlib.Path(destination)
  numbered = [path for path in (folder.iterdir() if folder.is_dir() else ())
              if path.name.isascii() and path.name.isdecimal() and path.is_dir()]
  return sorted(Version(int(path.name), path, _manifest(path)) for path in numbered)


def _manifest(version: pathlib.Path) -> dict[str, Any]:
  try:
    found = json.loads((version / MANIFEST).read_text(encoding='utf-8'))
  except (OSError, ValueError):
    return {}
  return found if isinstance(found, dict) else {}


def content_hash(saved_model: str) -> str:
  """SHA-256 over the names and contents of a SavedModel's files, in hex, without what a push adds."""
  digest, root = hashlib.sha256(), pathlib.Path(saved_model)
  for path in sorted(root.rglob('*')):
    if path.is_file() and path.relative_to(root).parts[0] != EXTRA:
      digest.update(f'{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0'.encode())
      with open(path, 'rb') as file:
        while block := file.read(1 << 20):
          digest.update(block)
  return digest.hexdigest()


def state(destination: str, model_uri: str, saved_model: str) -> str:
  """What a cache key must hold, so that a push is skipped only where the newest version is this model already.

  Args:
    destination: the directory that servers watch.
    model_uri: of the model's artifact.
    saved_model: the SavedModel's directory in it: a model trained anew may be the same, to the byte.

  Returns:
    What the newest version was pushed with, if it is this model; if not, a value that never was before.
  """
  newest = next(reversed(pushed(destination)), None)
  sha256 = content_hash(saved_model)

  def is_this(other):
    return other.get('model_uri') == model_uri or other.get('sha256') == sha256

  if newest and is_this(newest.manifest):
    return newest.manifest.get('state', '')
  if newest and any(map(is_this, newest.manifest.get('withdrawn', ()))):
    return f'withdrawn at {newest.number}'
  return uuid.uuid4().hex


def push(saved_model: str, destination: str, manifest: dict[str, Any], add: Callable[[str], None], keep: int) -> Version:
  """Makes a SavedModel the newest version, unless it is that already.

  Args:
    saved_model: its directory.
    destination: the directory that servers watch; it is made.
    manifest: what to record of the model beside the version, the time and the SHA-256 of the files.
    add: called with the directory of the copy, to add files below EXTRA.
    keep: versions to keep, this one included.

  Returns:
    The newest version.

  Raises:
    PushError: there is no SavedModel, the destination is full or cannot be written, or the model was withdrawn by a
      rollback; whatever was pushed before is as it was, but that old versions may be gone already.
  """
  if not os.path.isfile(os.path.join(saved_model, 'saved_model.pb')):
    raise PushError(f'{saved_model}: no SavedModel here (saved_model.pb is missing): nothing was pushed; train again')
  sha256 = content_hash(saved_model)
  with _writing(destination):
    newest = next(reversed(pushed(destination)), None)
    if newest and newest.manifest.get('sha256') == sha256:
      _keep_last(destination, keep)  # the push may have been killed before it came to that
      return newest
    if newest and any(sha256 == other['sha256'] for other in newest.manifest.get('withdrawn', ())):
      raise PushError(f'{destination}: this model was withdrawn by a rollback; train another one, or roll to it again')
    withdrawn = newest.manifest.get('withdrawn', []) if newest else []
    version = _appear(saved_model, destination, {**manifest, 'sha256': sha256, 'withdrawn': withdrawn}, add, newest)
    _keep_last(destination, keep)
    return version


def roll_back(destination: str, number: int) -> Version:
  """Puts a copy of an older version on top of the others, which stay but are not pushed again by a pipeline.

  Raises:
    PushError: there is no such version, or it is damaged or cannot be copied; the message lists those there are.
  """
  if not pushed(destination):
    raise PushError(f'{destination}: no version was pushed here')
  with _writing(destination):
    versions = pushed(destination)
    wanted = next((version for version in versions if version.number == number), None)
    if wanted is None:
      raise PushError(f'{destination}: no version {number}; there are: '
                      + (', '.join(str(version.number) for version in versions) or 'none'))
    if wanted is versions[-1]:
      raise PushError(f'{destination}: version {number} is the newest one: it is served already')
    sha256 = content_hash(str(wanted.path))
    if sha256 != wanted.manifest.get('sha256', sha256):
      raise PushError(f'{wanted.path}: its files are not those that were pushed (their SHA-256 is another): nothing was '
                      f'rolled back; there are: {", ".join(str(version.number) for version in versions)}')
    withdrawn = versions[-1].manifest.get('withdrawn', []) + [
        {key: version.manifest.get(key, '') for key in ('sha256', 'model_uri')} for version in versions
        if version.number > number]
    withdrawn = [other for other in withdrawn if other['sha256'] != sha256]
    manifest = {**wanted.manifest, 'sha256': sha256, 'rolled_back_to': number, 'withdrawn': withdrawn}
    return _appear(str(wanted.path), destination, manifest, lambda unused: None, versions[-1])


@contextlib.contextmanager
def _writing(destination: str) -> Iterator[None]:
  """Makes the directory and holds its lock; clears away what killed pushes left."""
  if '://' in destination:
    raise PushError(f'{destination}: is no directory of a file system, where a version appears by one rename; push to '
                    'one that is mounted here')
  with _explained(destination, 'nothing was pushed, earlier versions are as they were'):
    os.makedirs(destination, exist_ok=True)
    with open(os.path.join(destination, _LOCK), 'a', encoding='utf-8') as lock:
      fcntl.flock(lock, fcntl.LOCK_EX)
      for left in pathlib.Path(destination).iterdir():
        if left.name.startswith((_STAGING, _DELETED)):
          _remove(left)
      yield


@contextlib.contextmanager
def _explained(destination: str, outcome: str) -> Iterator[None]:
  """Turns what the system refuses into PushError, one line with what came of the push."""
  try:
    yield
  except OSError as error:
    # copytree goes on after a failure, and lists them all.
    reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
    raise PushError(f'{destination}: the push failed ({reason}): {outcome}; make room, or mend what is named, and run '
                    'this again') from error


def _appear(source: str, destination: str, manifest: dict[str, Any], add: Callable[[str], None],
            newest: Optional[Version]) -> Version:
  """Copies beside the versions, completes the copy, and gives it its number by one rename."""
  needed = sum(path.stat().st_size for path in pathlib.Path(source).rglob('*') if path.is_file()) + _SPARE_BYTES
  free = shutil.disk_usage(destination).free
  if free < needed:
    raise PushError(f'{destination}: the disk is full ({free:,} bytes are free, {needed:,} are needed): nothing was '
                    'pushed; make room, and run this again')
  staging = tempfile.mkdtemp(prefix=_STAGING, dir=destination)
  try:
    copy = os.path.join(staging, 'model')
    shutil.copytree(source, copy)
    os.makedirs(os.path.join(copy, EXTRA), exist_ok=True)
    add(copy)
    number = _next_number(destination, newest)
    manifest = {**manifest, 'version': number, 'pushed_at': datetime.datetime.now(datetime.timezone.utc).isoformat()}
    with open(os.path.join(copy, MANIFEST), 'w', encoding='utf-8') as file:
      json.dump(manifest, file, indent=2, sort_keys=True)
    os.chmod(copy, 0o755)
    _sync(copy)
    target = os.path.join(destination, str(number))
    os.rename(copy, target)
  finally:
    shutil.rmtree(staging, ignore_errors=True)
  with _explained(destination, f'version {number} is served, but a crash of the machine may undo it'):
    _sync_path(destination)
  return Version(number, pathlib.Path(target), manifest)


def _next_number(destination: str, newest: Optional[Version]) -> int:
  """The time in seconds; later than every version ever pushed, also if the clock went back or that one was deleted.

  A server that saw a number under which another model comes back would go on serving what it has in memory.
  """
  lock = pathlib.Path(destination, _LOCK)
  last = lock.read_text(encoding='utf-8')
  number = max(int(time.time()), newest.number + 1 if newest else 1, int(last) + 1 if last.isdecimal() else 1)
  while os.path.lexists(os.path.join(destination, str(number))):
    number += 1
  lock.write_text(str(number), encoding='utf-8')
  return number


def _keep_last(destination: str, keep: int) -> None:
  """Takes the older versions away from servers, each by one rename, and deletes them."""
  versions = pushed(destination)
  with _explained(destination, f'version {versions[-1].number} is served, but not all older ones were removed'):
    for old in versions[:-keep]:
      hidden = old.path.with_name(f'{_DELETED}{old.number}')
      os.rename(old.path, hidden)
      _remove(hidden)


def _remove(path: pathlib.Path) -> None:
  if path.is_dir() and not path.is_symlink():
    shutil.rmtree(path)
  else:
    path.unlink()


def _sync(folder: str) -> None:
  """Has everything below a folder on the disk before the rename: a crash of the machine must not undo it in part."""
  for root, _, names in os.walk(folder):
    for name in names:
      _sync_path(os.path.join(root, name))
    _sync_path(root)


def _sync_path(path: str) -> None:
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
